"""Loads an invented log of searches for the demonstration, so that the desk's report has something to show.

Made once, with times before now and a fixed seed. The editors' own words, synonyms and promotions stay empty: they
are theirs to write.
"""

import datetime as dt
import random
from collections.abc import Callable

from django.utils import timezone

from kb.demo.ledger import Ledger, checksum
from search.log import cluster_id, cluster_of, write_filters
from search.models import Document, SearchClick, SearchEvent

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
)  # fmt: skip


def load_search_log(ledger: Ledger, say: Callable[[str], None]) -> None:
    """Safe to repeat; the caller holds the transaction and has loaded what is found."""
    if KEY not in ledger:
        write_log(timezone.localtime())
        ledger[KEY] = checksum(ASKED)
    say(f"คำค้นที่สมมติขึ้น {SearchEvent.objects.count()} ครั้ง / invented searches")


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
