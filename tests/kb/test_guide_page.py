"""The page of a guide: what stands on it, what is said honestly, and what it costs."""

import datetime as dt
import json
import re
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from PIL import Image as Drawing
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page, PageViewRestriction

from business.models import Province, Sector
from kb.models import ChangeNote, GuideIndexPage, GuidePage, RelatedGuide
from tests.factories import BusinessFactory, FactFactory, GuideFactory, ProgrammeFactory, UserFactory, stage

pytestmark = pytest.mark.django_db

SIZE = ("size", {"wanted": ["micro", "small"], "source": "ประกาศข้อ 1"})
NEED = ("need", {"wanted": ["tax"], "source": "ประกาศข้อ 2"})
PLACE = ("province", {"wanted": ["TH-50"], "source": "ประกาศข้อ 3"})
ASK = ("other", {"text": "ไม่เป็นบุคคลล้มละลาย", "source": "ประกาศข้อ 4"})


def show(client, page, **query) -> str:
    response = client.get(page.url, query)
    assert response.status_code == 200
    return response.content.decode()


def make_picture(title="ภาพ"):
    data = BytesIO()
    Drawing.new("RGB", (1200, 800), "green").save(data, "PNG")
    return get_image_model().objects.create(title=title, file=ImageFile(data, name="shop.png"))


def make_document():
    return get_document_model().objects.create(title="ตาราง", file=ContentFile(b"x" * 2048, name="cost.xlsx"))


def test_guide_shows_answer_first_and_says_who_reviewed_it(client):
    page = GuideFactory(
        title="จดทะเบียนร้าน",
        code="3102",
        short_answer="ไปที่เทศบาล",
        stages=["start"],
        functions=["legal"],
        body=[("text", "<h2>ใคร</h2><p>ทุกคน</p>")],
    )
    html = show(client, page)
    assert html.index("ไปที่เทศบาล") < html.index("ทุกคน")
    assert 'ตรวจทาน <time datetime="2026-11-03">3 พฤศจิกายน 2569</time>' in html
    assert '<time datetime="2026-11-03">3 พฤศจิกายน 2569</time> โดย ทีมตัวอย่าง' in html
    assert '<b class="num">3102</b>' in html
    assert '<a href="/stages/start/">เริ่มต้นกิจการ</a>' in html
    assert '<a href="/stages/start/?function=legal">กฎหมายและจดทะเบียน</a>' in html
    assert "เลยกำหนดตรวจทาน" not in html
    assert "ใช้ได้เฉพาะ" not in html


@pytest.mark.parametrize(
    ("next_review", "is_due"), [(dt.date(2026, 11, 24), False), (dt.date(2026, 11, 23), True), (dt.date(2026, 5, 1), True)]
)
def test_guide_says_when_its_review_is_overdue(client, next_review, is_due):
    page = GuideFactory(reviewed_on=dt.date(2026, 1, 1), next_review=next_review)
    assert ("หน้านี้เลยกำหนดตรวจทาน" in show(client, page)) is is_due


def test_guide_of_some_provinces_says_so_and_warns_a_reader_from_elsewhere(client, tell_business):
    page = GuideFactory(provinces=["TH-95", "TH-94"], sectors=["retail", "restaurant"])
    html = show(client, page)
    assert "ใช้ได้เฉพาะ ปัตตานี, ยะลา" in html
    assert "เขียนสำหรับ ร้านขายปลีก, ร้านอาหารและคาเฟ่" in html
    assert "อยู่นอกพื้นที่" not in html
    tell_business(client, province="TH-50")
    assert "ร้านของคุณอยู่เชียงใหม่ ซึ่งอยู่นอกพื้นที่" in show(client, page)
    tell_business(client, province="TH-95")
    assert "อยู่นอกพื้นที่" not in show(client, page)


def test_guide_of_many_provinces_counts_them_and_lists_them_behind_one_press(client):
    page = GuideFactory(provinces=[row.pk for row in Province.objects.all()[:9]])
    html = show(client, page)
    assert "ใช้ได้เฉพาะ 9 จังหวัด" in html
    assert "ดูรายชื่อจังหวัด" in html


def test_guide_shows_every_kind_of_block(client):
    FactFactory(code="fee")
    FactFactory(code="hotline", value="1570", unit="โทรศัพท์")
    image, document = make_picture(), make_document()
    page = GuideFactory(
        body=[
            ("text", '<h2 data-block-key="a">ใครต้องจด</h2><p>คนที่ <b>ขาย</b> จ่าย {fact:fee}</p>'),
            ("steps", [{"title": "กรอกแบบ", "text": "<p>กรอกเท่าที่มี</p>"}]),
            ("fees", [{"item": "จดใหม่", "amount": "{fact:fee}", "note": "จ่ายครั้งเดียว"}]),
            ("documents", [{"name": "บัตรประชาชน", "note": "ตัวจริง"}]),
            ("time", {"amount": "1 วัน", "note": "ถ้าครบ"}),
            ("where", [{"place": "เทศบาล", "note": "ใกล้ร้าน", "phone": "{fact:hotline}", "url": "https://example.test/"}]),
            ("law", [{"name": "พ.ร.บ. ตัวอย่าง", "section": "11"}]),
            ("warning", {"title": "ระวัง", "text": "<p>มีค่าปรับ</p>"}),
            ("table", {"caption": "เทียบ", "head": "เรื่อง | บาท", "rows": "ค่าเช่า | 6,000\n<i>ค่าไฟ</i> | 900"}),
            ("picture", {"image": image, "alt": "ป้ายหน้าร้าน", "caption": "ติดให้เห็นง่าย"}),
            ("download", {"document": document, "title": "ตารางต้นทุน", "note": "แก้ตัวเลขเอง"}),
            ("questions", [{"question": "ไม่จดได้ไหม", "answer": "<p>ไม่ได้</p>"}]),
        ]
    )
    html = show(client, page)
    for piece in (
        '<p>คนที่ <b>ขาย</b> จ่าย <b class="fact nb">50 บาท</b></p>',
        "<h3>กรอกแบบ</h3><p>กรอกเท่าที่มี</p>",
        '<span>จดใหม่</span></dt><dd><b class="fact nb">50 บาท</b><small>จ่ายครั้งเดียว</small>',
        '<li><span>บัตรประชาชน <span class="soft">(ตัวจริง)</span></span></li>',
        "<dd>1 วัน<small>ถ้าครบ</small></dd>",
        '<a class="tel nb" href="tel:1570">1570</a>',
        '<a class="any" href="https://example.test/" rel="external">',
        "พ.ร.บ. ตัวอย่าง มาตรา 11",
        '<section class="note warn">',
        "<caption>เทียบ</caption>",
        '<th scope="col">เรื่อง</th><th scope="col" class="end">บาท</th>',
        '<th scope="row">ค่าเช่า</th><td class="end num">6,000</td>',
        '<th scope="row">&lt;i&gt;ค่าไฟ&lt;/i&gt;</th>',
        "<figcaption",
        "<summary>",
    ):
        assert piece in html, piece
    for kind in ("image/avif", "image/webp"):
        assert f'type="{kind}"' in html
    assert 'alt="ป้ายหน้าร้าน"' in html
    assert 'loading="lazy"' in html
    assert ".jpg" in html
    assert 'width="360"' in html or 'width="720"' in html
    assert '<span class="nb">XLSX 2.0' in html


def test_guide_lists_its_headings_only_when_there_are_several(client):
    one = GuideFactory(body=[("text", "<h2>ใคร</h2>")])
    two = GuideFactory(body=[("text", "<h2>ใคร</h2>"), ("text", "<h2>ที่ไหน</h2><h2>ใคร</h2>")])
    assert "ในหน้านี้</h2>" not in show(client, one)
    html = show(client, two)
    assert html.count('<li><a href="#h-') == 2
    for anchor, words in two.headings:
        assert f'<h2 id="{anchor}">{words}</h2>' in html


def test_guide_tells_where_each_number_comes_from(client):
    FactFactory(
        code="vat",
        topic="อัตรา VAT",
        value="7",
        unit="%",
        valid_until=dt.date(2026, 9, 30),
        source="ราชกิจจา https://example.test/vat",
        seen_on="2568-10-01",
        note="รอพระราชกฤษฎีกาใหม่",
    )
    FactFactory(code="cap", topic="เพดาน", value="15", unit="%", confidence="believed")
    FactFactory(code="unused")
    page = GuideFactory(short_answer="VAT {fact:vat} เพดาน {fact:cap}", body=[("time", {"amount": "{fact:gone}", "note": ""})])
    html = show(client, page)
    sources = html[html.index("ตัวเลขในหน้านี้มาจากไหน") :]
    assert 'id="fact-vat"' in sources
    assert 'id="fact-unused"' not in html
    assert '<a href="https://example.test/vat" rel="nofollow">' in sources
    assert "วันที่ของแหล่ง 1 ตุลาคม 2568" in sources
    assert 'ใช้ได้ถึง <time datetime="2026-09-30">30 กันยายน 2569</time>' in sources
    assert "ข้อควรระวัง: รอพระราชกฤษฎีกาใหม่" in sources
    assert html.count("ข้อมูลถึง 30 กันยายน 2569") == 2
    assert html.count("ยังไม่ยืนยัน") == 2
    assert "(ข้อเท็จจริงนี้ถูกถอนแล้ว)" in html


def test_guide_without_facts_has_no_section_of_sources(client):
    assert "ตัวเลขในหน้านี้มาจากไหน" not in show(client, GuideFactory())


def test_guide_links_by_address_and_drops_the_link_to_what_is_not_public(client):
    other, hidden, draft = GuideFactory(title="ปิดร้าน"), GuideFactory(title="ลับ"), GuideFactory(title="ร่าง", live=False)
    PageViewRestriction.objects.create(page=hidden, restriction_type=PageViewRestriction.LOGIN)
    links = "".join(f'<p><a linktype="page" id="{page.pk}">{page.title}</a></p>' for page in (other, hidden, draft))
    page = GuideFactory(
        body=[("text", links), ("questions", [{"question": "ต่อ", "answer": f'<p><a id="{other.pk}" linktype="page">ดู</a></p>'}])]
    )
    html = show(client, page)
    assert f'<a href="{other.url}">ปิดร้าน</a>' in html
    assert f'<a href="{other.url}">ดู</a>' in html
    assert "<p><a>ลับ</a></p>" in html
    assert "<p><a>ร่าง</a></p>" in html


def test_guide_shows_related_ones_in_the_editors_order_and_only_public_ones(client):
    page, *others = [GuideFactory(title=f"คู่มือที่ {number}") for number in range(4)]
    others[2].unpublish()
    for order, other in enumerate([others[2], others[1], others[0]]):
        RelatedGuide.objects.create(page=page, guide=other, sort_order=order)
    html = show(client, page)
    related = html[html.index("อ่านเรื่องนี้ต่อ") :]
    assert "คู่มือที่ 3" not in related
    assert related.index("คู่มือที่ 2") < related.index("คู่มือที่ 1")


def test_guide_shows_its_public_change_notes_newest_first(client):
    page = GuideFactory()
    ChangeNote.objects.create(page=page, date=dt.date(2026, 5, 1), significance="typo", note="แก้คำสะกด")
    ChangeNote.objects.create(page=page, date=dt.date(2026, 10, 1), significance="major", note="เกณฑ์ใหม่ <b>")
    html = show(client, page)
    assert "หน้านี้แก้อะไรไปบ้าง 2 ครั้ง" in html
    assert html.index("เกณฑ์ใหม่ &lt;b&gt;") < html.index("แก้คำสะกด")
    assert "เปลี่ยนสาระ" in html


def test_guide_can_be_sent_by_line_with_its_address(client):
    page = GuideFactory(title="จด & เปิด", slug="open-shop")
    assert "https://line.me/R/share?text=%E0%B8%88%E0%B8%94+%26+" in show(client, page)
    assert "%0Ahttp%3A%2F%2Ftestserver%2Fguides%2Fopen-shop%2F" in show(client, page)


def test_guide_has_words_for_those_who_pass_it_on(client):
    html = show(client, GuideFactory(title="จดทะเบียน", summary="จดที่ไหน"))
    assert '<meta property="og:title" content="จดทะเบียน">' in html
    assert '<meta name="description" content="จดที่ไหน">' in html


def test_guide_describes_itself_to_search_engines_without_breaking_out_of_its_block(client):
    page = GuideFactory(title="จด </script><b>", summary="ก & ข")
    html = show(client, page)
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)[1]
    data = json.loads(block)
    assert (data["headline"], data["description"], data["dateModified"]) == ("จด </script><b>", "ก & ข", "2026-11-03")
    assert data["mainEntityOfPage"] == f"http://testserver{page.url}"


def test_guide_matches_say_verdict_reasons_and_what_is_unknown(client, tell_business):
    ProgrammeFactory(code="fits", name="ตรงแน่", eligibility=[NEED, SIZE])
    ProgrammeFactory(code="asks", name="ต้องถาม", eligibility=[NEED, SIZE, ASK])
    ProgrammeFactory(code="far", name="คนละจังหวัด", eligibility=[NEED, ("province", {"wanted": ["TH-10"], "source": "ก"})])
    ProgrammeFactory(code="other", name="คนละเรื่อง", eligibility=[("need", {"wanted": ["export"], "source": "ก"})])
    ProgrammeFactory(code="shut", name="ปิดแล้ว", eligibility=[NEED], status="closed")
    page = GuideFactory(functions=["tax"])
    tell_business(client, sector="retail", yearly_revenue="900000", staff=3, province="TH-50")
    matches = client.get(page.url).context["matches"]
    assert [(match.programme.code, match.verdict.band) for match in matches] == [("fits", "likely"), ("asks", "check")]
    html = show(client, page)
    assert "ร้านคุณ: รายย่อย" in html
    assert "ที่มา ประกาศข้อ 1" in html
    assert "ยังไม่รู้: ไม่เป็นบุคคลล้มละลาย" in html
    assert "คุณกำลังดูเรื่อง บัญชีและภาษี" in html


def test_guide_matches_of_a_stranger_name_what_is_missing_and_where_to_tell_it(client):
    programme = ProgrammeFactory(eligibility=[NEED, SIZE, PLACE])
    page = GuideFactory(functions=["tax"])
    html = show(client, page)
    assert "ยังไม่รู้: ขนาดกิจการ, จังหวัด" in html
    assert f"/my/business/?next=%2Fguides%2F{page.slug}%2F" in html
    assert "เรายังไม่รู้จักร้านของคุณ" in html
    assert programme.get_absolute_url() in html


def test_guide_shows_what_the_editor_picked_first_even_closed(client):
    ProgrammeFactory(code="auto", eligibility=[NEED])
    closed = ProgrammeFactory(code="picked", closes_on=dt.date(2026, 11, 22))
    page = GuideFactory(functions=["tax"])
    page.programmes.set([closed])
    page.save()
    matches = client.get(page.url).context["matches"]
    assert [(match.programme.code, match.verdict.band) for match in matches] == [("picked", "closed"), ("auto", "likely")]
    assert "ปิดรับไปแล้วเมื่อ" in show(client, page)


def test_guide_without_programmes_says_so(client):
    assert "ยังไม่มีโครงการที่ตรงกับเรื่องนี้" in show(client, GuideFactory())


def test_guide_hangs_under_the_readers_own_stage(client, tell_business):
    page = GuideFactory(stages=["start", "grow"])
    assert 'class="stage-start"' in show(client, page)
    tell_business(client, stage="grow")
    assert 'class="stage-grow"' in show(client, page)
    tell_business(client, stage="exit")
    assert 'class="stage-start"' in show(client, page)


def test_guide_in_english_keeps_its_thai_text_and_says_so(client):
    page = GuideFactory(title="จดทะเบียนร้าน", slug="register")
    html = client.get("/en/guides/register/").content.decode()
    assert "This content is available in Thai only." in html
    assert '<h1 lang="th">' in html
    assert page.pk


def test_guide_in_the_editor_is_previewed_with_what_is_not_saved_yet():
    programme = ProgrammeFactory()
    saved = GuideFactory(stages=["run"], functions=["tax"])
    draft = GuidePage.objects.get(pk=saved.pk)
    draft.title = "ชื่อที่ยังไม่บันทึก"
    draft.stages = [stage("exit")]
    draft.programmes = [programme]
    html = draft.make_preview_request().render().content.decode()
    assert "<title>ชื่อที่ยังไม่บันทึก" in html
    assert 'class="stage-exit"' in html
    assert programme.get_absolute_url() in html


def test_guide_that_was_never_saved_can_be_previewed():
    parent = GuideIndexPage.objects.get()
    page = GuidePage(
        title="ใหม่",
        slug="new",
        code="9999",
        short_answer="ตอบ",
        summary="สรุป",
        reviewed_on=dt.date(2026, 11, 1),
        reviewed_by="ทีม",
        next_review=dt.date(2027, 5, 1),
    )
    page.depth, page.path = parent.depth + 1, parent.path + "0099"
    page.set_url_path(parent)
    response = page.make_preview_request()
    assert response.status_code == 200
    assert "คำตอบสั้น" in response.render().content.decode()


# What it costs


def fill(page: GuidePage, number: int) -> None:
    """A guide with `number` of everything."""
    image, document = make_picture(), make_document()
    facts = [FactFactory() for _ in range(number)]
    others = [GuideFactory() for _ in range(number)]
    programmes = [ProgrammeFactory(eligibility=[NEED, SIZE, PLACE, ASK]) for _ in range(number)]
    page.programmes.set(programmes)
    page.sectors.set(Sector.objects.all()[:number])
    page.provinces.set(Province.objects.all()[:number])
    page.body = [
        block
        for fact, other in zip(facts, others, strict=True)
        for block in (
            ("text", f'<h2>{other.title}</h2><p>{{fact:{fact.code}}} <a linktype="page" id="{other.pk}">อ่าน</a></p>'),
            (
                "questions",
                [
                    {
                        "question": "ต่อ",
                        "answer": f'<p><a linktype="page" id="{other.pk}">ดู</a> <a linktype="document" id="{document.pk}">ไฟล์</a></p>',
                    }
                ],
            ),
            ("picture", {"image": image, "alt": "ภาพ", "caption": ""}),
            ("download", {"document": document, "title": "ไฟล์", "note": ""}),
        )
    ]
    page.save()
    for order, other in enumerate(others[:3]):
        RelatedGuide.objects.create(page=page, guide=other, sort_order=order)
    for at in range(number):
        ChangeNote.objects.create(page=page, date=dt.date(2026, 1, 1), significance="minor", note=f"ครั้งที่ {at}")


def test_guide_costs_the_same_with_one_and_with_thirty_of_everything(client, count_queries):
    small, large = GuideFactory(functions=["tax"]), GuideFactory(functions=["tax"])
    fill(small, 1)
    few = count_queries(client, small.url)
    fill(large, 30)
    assert count_queries(client, large.url) == few
    assert few <= 13  # with a picture and two kinds of links to files, which most guides do not have


def test_guide_with_matches_facts_links_and_notes_needs_twelve_queries_at_most(client, count_queries, tell_business):
    page = GuideFactory(functions=["tax"], provinces=["TH-50"])
    other, fact = GuideFactory(), FactFactory()
    ProgrammeFactory.create_batch(30, eligibility=[NEED, SIZE, PLACE, ASK])
    page.body = [
        ("text", f'<p>{{fact:{fact.code}}} <a linktype="page" id="{other.pk}">อ่าน</a></p>'),
        ("download", {"document": make_document(), "title": "ไฟล์", "note": ""}),
    ]
    page.save()
    RelatedGuide.objects.create(page=page, guide=other)
    ChangeNote.objects.create(page=page, date=dt.date(2026, 1, 1), significance="minor", note="ปรับ")
    stranger = count_queries(client, page.url)
    tell_business(client, province="TH-50", sector="retail", stage="run", yearly_revenue="900000")
    assert stranger <= 12
    assert count_queries(client, page.url) <= 12


def test_guide_signed_in_costs_four_queries_more_at_most(client, count_queries):
    page = GuideFactory(functions=["tax"])
    ProgrammeFactory(eligibility=[NEED, SIZE])
    anonymous = count_queries(client, page.url)
    user = UserFactory()
    BusinessFactory.create_batch(3, owner=user)
    client.force_login(user)
    assert count_queries(client, page.url) <= anonymous + 4  # session, person, businesses, learner


def test_guide_costs_the_same_at_any_depth_of_the_tree(client, count_queries):
    page = GuideFactory()
    shallow = count_queries(client, page.url)
    index = GuideIndexPage.objects.get()
    folder = index.get_parent().add_child(instance=Page(title="ชั้น", slug="deeper"))
    for name in ("b", "c"):
        folder = folder.add_child(instance=Page(title="ชั้น", slug=name))
    index.move(folder, pos="last-child")
    page = GuidePage.objects.get(pk=page.pk)
    assert page.url == f"/deeper/b/c/guides/{page.slug}/"
    assert count_queries(client, page.url) == shallow
