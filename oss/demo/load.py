"""Loads the demonstration's network: the centres' contacts, people with their businesses, cases with their history.

What is made here is made once: what people do with it afterwards is theirs.
"""

import csv
import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import yaml
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from business import vocabulary
from business.models import Business
from kb.demo.ledger import Ledger, State, checksum, compare
from kb.models import GuidePage, Programme
from oss import cases, consent
from oss.models import Case, CaseEvent, Centre, CentreMember
from users.formats import parse_phone
from users.models import Consent, User
from users.roles import Role

FOLDER = Path(__file__).parent
PASSWORD = "demo-msme-2569"  # stands in every demonstration and nowhere else: `home.demo` loads no other database
CENTRE_FIELDS = ("address", "phone", "hours", "accepts_cases")
Say = Callable[[str], None]


def load_network(ledger: Ledger, say: Say) -> None:
    """Safe to repeat; the caller holds the transaction and has loaded the guides and programmes."""
    load_centres(ledger)
    say(f"ศูนย์ {Centre.objects.count()} แห่ง / centres")
    load_people(ledger)
    say(f"คน {User.objects.count()} คน กิจการ {Business.objects.count()} แห่ง / people, businesses")
    load_cases(ledger)
    say(f"เรื่องที่ขอคำปรึกษา {Case.objects.count()} เรื่อง / cases")


def list_sign_ins() -> list[tuple[Role, User]]:
    """The first person of each role in people.yaml who is still there."""
    people = {person.email: person for person in User.objects.filter(is_active=True)}
    first: dict[Role, User] = {}
    for entry in _read("people.yaml"):
        if entry["email"] in people:
            first.setdefault(Role(entry["role"]), people[entry["email"]])
    return [(role, first[role]) for role in Role if role in first]


def load_centres(ledger: Ledger) -> None:
    """centres.csv: contacts for centres that have none yet, mended when the file changed and no person did."""
    centres = {centre.province_id: centre for centre in Centre.objects.all()}
    with open(FOLDER / "centres.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        key, centre = f"centre/{row['iso']}", centres[row["iso"]]
        wanted = {name: row[name] for name in CENTRE_FIELDS} | {"accepts_cases": row["accepts_cases"] == "1"}
        state = compare(ledger, key, wanted)
        is_empty = not (centre.address or centre.phone or centre.hours)
        is_ours = ledger.get(key) == checksum({name: getattr(centre, name) for name in CENTRE_FIELDS})
        if (state is State.NEW and is_empty) or (state is State.CHANGED and is_ours):
            for name, value in wanted.items():
                setattr(centre, name, value)
            centre.is_demo = True
            centre.save()
        ledger[key] = checksum(wanted)


def load_people(ledger: Ledger) -> None:
    """people.yaml: users with a confirmed e-mail address and the one password, their role, centres and businesses."""
    password = make_password(PASSWORD)  # one hash for all: it takes half a second
    centres = {centre.province_id: centre for centre in Centre.objects.all()}
    known = set(User.objects.values_list("email", flat=True))
    for entry in _read("people.yaml"):
        key, email = f"person/{entry['email']}", entry["email"]
        if key not in ledger and email not in known:
            person = User.objects.create(email=email, password=password, first_name=entry["first_name"], last_name=entry["last_name"])
            EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
            person.give_role(Role(entry["role"]))
            for iso in entry.get("centres", []):
                CentreMember.objects.create(centre=centres[iso], user=person, is_head=entry.get("head", False))
            for told in entry.get("businesses", []):
                Business.objects.create(owner=person, **_business_fields(told))
        ledger[key] = checksum(entry)


def load_cases(ledger: Ledger) -> None:
    """cases.yaml, oldest first, through the same functions as every other case; then their times are set back."""
    due = [entry for entry in _read("cases.yaml") if f"case/{entry['id']}" not in ledger]
    if not due:
        return
    now = timezone.now()
    people = {person.email: person for person in User.objects.all()}
    guides = {guide.slug: guide for guide in GuidePage.objects.all()}
    programmes = Programme.objects.in_bulk(field_name="code")
    for entry in sorted(due, key=lambda entry: _moment(entry["when"], now)):
        person = people.get(entry.get("by"))
        if "by" in entry and (person is None or not person.businesses.exists()):
            continue  # someone has deleted the person or the shop who asks
        case, _is_new = cases.open_case(
            cases.Inquiry(
                question=entry["question"],
                channel=Case.Channel(entry["channel"]),
                phone=parse_phone(entry["phone"]) if "phone" in entry else "",
                email=entry.get("email", ""),
                line_id=entry.get("line_id", ""),
                topic=vocabulary.functions()[entry["topic"]],
                guide=guides.get(entry.get("guide")),
                programme=programmes.get(entry.get("programme")),
                query=entry.get("query", ""),
                **_about(entry, person),
            ),
            key=uuid.uuid5(uuid.NAMESPACE_URL, f"demo/{entry['id']}"),
            wording=consent.wording(),
            user=person,
            now=_moment(entry["when"], now),
        )
        Consent.objects.filter(pk=case.consent_id).update(given_at=case.opened_at)
        for step in entry["steps"]:
            if not _take_step(case, step, people, now):
                break
        ledger[f"case/{entry['id']}"] = checksum(entry)


def _take_step(case: Case, step: dict, people: dict[str, User], now: dt.datetime) -> bool:
    """One step of an advisor at the moment that the file names; False when the advisor has been deleted since."""
    verb = next(name for name in ("take", "answer", "close") if name in step)
    person = people.get(step[verb])
    if person is None:
        return False
    if verb == "take":
        cases.take_case(case, person)
    elif verb == "answer":
        cases.record_answer(case, person, step["text"])
    else:
        cases.close_case(case, person, step["text"])
    event = case.events.last()
    # The history is append-only, and rightly so; a demonstration alone may say that a step happened last week.
    CaseEvent._base_manager.filter(pk=event.pk).update(happened_at=_moment(step["when"], now))
    return True


def _about(entry: dict, person: User | None) -> dict:
    """Who asks and for which business: the person's own, or what the entry tells."""
    if person:
        told = person.businesses.select_related("province", "sector", "stage")[entry.get("business", 0)]
        return {
            "contact_name": person.get_full_name(),
            "business_name": told.name,
            **{name: getattr(told, name) for name in ("province", "sector", "stage", "staff", "yearly_revenue", "legal_form")},
        }
    fields = _business_fields(entry)
    fields.pop("registered_on", None)
    return fields | {"contact_name": entry["contact_name"], "business_name": fields.pop("name", "") or entry.get("business_name", "")}


def _business_fields(told: dict) -> dict:
    """Codes become rows; what is not told stays out."""
    fields = {name: told[name] for name in ("name", "staff", "legal_form", "registered_on") if name in told}
    for name, known in (("province", vocabulary.provinces), ("sector", vocabulary.sectors), ("stage", vocabulary.stages)):
        if name in told:
            fields[name] = known()[told[name]]
    if "yearly_revenue" in told:
        fields["yearly_revenue"] = Decimal(told["yearly_revenue"])
    return fields


def _moment(when: list, now: dt.datetime) -> dt.datetime:
    """[days ago, "10:12"] in Bangkok; never later than a few minutes ago."""
    days, clock = when
    hour, minute = (int(part) for part in clock.split(":"))
    then = timezone.localtime(now).replace(hour=hour, minute=minute, second=0, microsecond=0) - dt.timedelta(days=days)
    return min(then, now - dt.timedelta(minutes=5))


def _read(name: str) -> list[dict]:
    with open(FOLDER / name, encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
