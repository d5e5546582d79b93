"""Gives the search desk of the demonstration something to show: an invented log of searches, and one record of each kind.

The log is made once, with times before now and a fixed seed. The records are about an invented relief campaign, ยิ้มสู้ฝน,
whose name no dictionary and no page has: whoever searches it finds the guide for flooded shops through the synonym, with
the promotion above it. What a person has changed or deleted stays so.
"""

import datetime as dt
import random
from collections.abc import Callable

from django.db.models import Model
from django.utils import timezone

from kb.demo.ledger import Ledger, checksum
from kb.models import GuidePage
from search.log import cluster_id, cluster_of, write_filters
from search.models import Document, OwnWord, Promotion, SearchClick, SearchEvent, SynonymSet

KEY = "search/log"
WEEKS = 8
# (question, how often, results, stage, share opened, what was repaired, the question before)
ASKED = (
    ("ขายของออนไลน์ต้องเสียภาษีไหม", 41, 12, "run", 0.6, "", ""),
    ("จดแวต", 29, 9, "run", 0.5, "", ""),
    ("รายได้เท่าไหร่ต้องจดแวต", 24, 9, "run", 0.6, "", ""),
    ("อยากเปิดร้านกาแฟต้องทำไงบ้าง", 22, 14, "start", 0.5, "", ""),
    ("กู้แบงก์ไม่ผ่านทำไงดี", 19, 7, "run", 0.4, "", ""),
    ("จดทะเบียนพาณิชย์ที่ไหน", 17, 8, "start", 0.6, "", ""),
    ("lbog=njv", 9, 11, "grow", 0.4, "layout", ""),
    ("เฟรนไชน์ต้องจดไหม", 8, 4, "grow", 0.3, "spelling", ""),
    ("ขอ อย ยากไหม", 12, 3, "start", 0.3, "", ""),
    ("อยากส่งออกไปจีนเริ่มยังไง", 11, 5, "grow", 0.4, "", ""),
    ("สิน เชื่อ ธุรกิจ", 6, 11, "grow", 0.5, "spaces", ""),
    ("ตังได้คืนสมัครยังไง", 10, 2, "run", 0.4, "", ""),
    ("เลี้ยงจิ้งหรีดขายต้องขออะไร", 14, 0, "run", 0, "", ""),
    ("ขายต่างด้าวต้องขออะไร", 7, 0, "run", 0, "", ""),
    ("ฟู้ดทรัค จอดขายที่ไหนได้", 6, 0, "start", 0, "", ""),
    ("เครื่องรูดบัตร ค่าธรรมเนียม", 5, 0, "run", 0, "", ""),
    ("ป้ายไฟหน้าร้าน", 8, 3, "run", 0, "", ""),
    ("ลูกน้องลาออกหมดทำไง", 7, 4, "run", 0, "", ""),
    ("ภาษีมูลค่าเพิ่ม", 9, 9, "run", 0.6, "", "จดแวต"),
    ("สินเชื่อไม่ต้องมีคนค้ำ", 6, 6, "run", 0.5, "", "กู้แบงก์ไม่ผ่านทำไงดี"),
    ("ฟาร์มแมลง มาตรฐาน", 5, 1, "run", 0.2, "", "เลี้ยงจิ้งหรีดขายต้องขออะไร"),
    ("ร้านป้าอยู่ในตลาดต้องเสียภาษีป้ายไหม", 2, 3, "run", 0, "", ""),
    ("ทำโลโก้แล้วโดนก๊อป", 4, 5, "grow", 0.3, "", ""),
    ("ยิ้มสู้ฝนสมัครที่ไหน", 6, 4, "recover", 0.5, "", ""),
    ("น้ำท่วมร้านทำไงดี", 15, 6, "recover", 0.6, "", ""),
)  # fmt: skip


CAMPAIGN, GUIDE = "ยิ้มสู้ฝน", "flood-recovery"
NOTE = "ตัวอย่างของระบบสาธิต แคมเปญนี้ไม่มีจริง"


def load_search_desk(ledger: Ledger, say: Callable[[str], None]) -> None:
    """Safe to repeat; the caller holds the transaction and has loaded what is found."""
    if KEY not in ledger:
        write_log(timezone.localtime())
        ledger[KEY] = checksum(ASKED)
    for key, make in RECORDS.items():
        if key not in ledger and (record := make()):
            record.full_clean()
            record.save()
            ledger[key] = ""
    say(f"คำค้นที่สมมติขึ้น {SearchEvent.objects.count()} ครั้ง / invented searches")


def make_word() -> OwnWord | None:
    return None if OwnWord.objects.filter(word=CAMPAIGN).exists() else OwnWord(word=CAMPAIGN, note=NOTE)


def make_synonym() -> SynonymSet:
    return SynonymSet(term=CAMPAIGN, equivalents="น้ำท่วม", kind=SynonymSet.Kind.SPOKEN, note=NOTE)


def make_promotion() -> Promotion | None:
    guide = GuidePage.objects.live().filter(slug=GUIDE).first()
    text = "รายการแนะนำตัวอย่างที่บรรณาธิการปักไว้ แคมเปญยิ้มสู้ฝนไม่มีจริง"
    return guide and Promotion(title="ตัวอย่าง: น้ำท่วมร้าน เริ่มจากหน้านี้", text=text, phrases=f"น้ำท่วม\n{CAMPAIGN}", page=guide)


RECORDS: dict[str, Callable[[], Model | None]] = {
    "search/word": make_word,
    "search/synonym": make_synonym,
    "search/promotion": make_promotion,
}


def write_log(now: dt.datetime) -> None:
    chance = random.Random(4)
    documents = [row.key for row in Document.objects.public().only("kind", "object_id").order_by("pk")[:20]] or ["guide:1"]
    events, clicks = [], {}
    for question, number, total, stage, opened, correction, before in ASKED:
        cluster = cluster_of(question)
        for _time in range(number):
            moment = now - dt.timedelta(days=chance.randrange(WEEKS * 7 - 6), hours=chance.randrange(12))
            moment = moment.replace(minute=0, second=0, microsecond=0)
            events.append(
                SearchEvent(
                    hour=moment,
                    day=moment.date(),
                    text=question,
                    cluster=cluster,
                    cluster_id=cluster_id(cluster),
                    language="th",
                    total=total,
                    reach="words",
                    filters=write_filters({"stage": [stage]}) if chance.random() < 0.5 else "",
                    correction=correction,
                    previous=before,
                )
            )
            if chance.random() < opened:
                place = min(int(chance.expovariate(0.8)), len(documents) - 1)
                key = (moment.date(), cluster_id(cluster), documents[place])
                row = clicks.setdefault(key, SearchClick(day=key[0], cluster_id=key[1], document=key[2], position=place + 1))
                row.number += 1
    SearchEvent.objects.bulk_create(events)
    SearchClick.objects.bulk_create(clicks.values())
