"""Every province leads to a centre, whatever is closed."""

import csv
from pathlib import Path

import pytest

from oss.routing import BANGKOK, Hop, Reason, Stop, UnknownProvince, route

ROWS = list(csv.DictReader(Path("oss/data/centres.csv").read_text(encoding="utf-8").splitlines()))
FALLBACKS = {row["iso"]: None if row["fallback_iso"] == "-" else row["fallback_iso"] for row in ROWS}


def stops(closed=()):
    return {iso: Stop(accepts=iso not in closed, fallback=fallback) for iso, fallback in FALLBACKS.items()}


def test_table_holds_77_provinces_18_groups_and_bangkok():
    assert [len(ROWS), *(sum(row["centre_type"] == kind for row in ROWS) for kind in "BGP")] == [77, 1, 18, 58]


@pytest.mark.parametrize("iso", FALLBACKS)
def test_open_centre_takes_its_own_province(iso):
    assert route(iso, stops()) == (Hop(iso, Reason.OWN),)


@pytest.mark.parametrize("iso", FALLBACKS)
def test_closed_centre_is_stood_in_for(iso):
    hops = route(iso, stops(closed={iso}))
    if iso == BANGKOK:
        assert hops == (Hop(BANGKOK, Reason.OWN), Hop(BANGKOK, Reason.NOBODY))
    else:
        assert hops == (Hop(iso, Reason.OWN), Hop(FALLBACKS[iso], Reason.STANDS_IN))


@pytest.mark.parametrize("iso", FALLBACKS)
def test_all_centres_closed_leads_to_bangkok_and_says_so(iso):
    hops = route(iso, stops(closed=set(FALLBACKS)))
    assert (hops[0], hops[-1]) == (Hop(iso, Reason.OWN), Hop(BANGKOK, Reason.NOBODY))


def test_closed_province_and_group_lead_to_bangkok_hop_by_hop():
    assert route("TH-51", stops(closed={"TH-51", "TH-50"})) == (
        Hop("TH-51", Reason.OWN),
        Hop("TH-50", Reason.STANDS_IN),
        Hop(BANGKOK, Reason.STANDS_IN),
    )


@pytest.mark.parametrize("iso", ["", "TH-S", "TH-99", "th-50", "เชียงใหม่"])
def test_unknown_province_is_never_guessed(iso):
    with pytest.raises(UnknownProvince):
        route(iso, stops())


def test_circle_of_fallbacks_ends_in_bangkok():
    circle = stops() | {"TH-51": Stop(accepts=False, fallback="TH-52"), "TH-52": Stop(accepts=False, fallback="TH-51")}
    assert route("TH-51", circle)[-1] == Hop(BANGKOK, Reason.STANDS_IN)


def test_missing_fallback_leads_to_bangkok():
    assert route("TH-51", stops() | {"TH-51": Stop(accepts=False, fallback=None)})[-1] == Hop(BANGKOK, Reason.STANDS_IN)
