"""Which centre takes a case. Pure: centres by the ISO code of their province, no database.

A case goes to the centre of the province where the business stands. A centre that takes no cases now hands it to the
centre that stands in for it (its group's, then Bangkok's). The answer never fails to come: when nobody takes cases,
Bangkok keeps the case, and the reason says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

BANGKOK = "TH-10"


class Reason(StrEnum):
    OWN = "own"  # the business stands in this centre's province
    STANDS_IN = "stands-in"  # the centre before it takes no cases now
    NOBODY = "nobody"  # no centre on the way takes cases now; Bangkok keeps the case


class UnknownProvince(LookupError):
    """There is no centre for this code: ask the person, never guess."""


@dataclass(frozen=True)
class Stop:
    """What routing must know of a centre. `fallback`: the ISO code of the centre that stands in."""

    accepts: bool = True
    fallback: str | None = None


@dataclass(frozen=True)
class Hop:
    iso: str
    reason: Reason


def route(province: str, stops: Mapping[str, Stop]) -> tuple[Hop, ...]:
    """The way of a case, own centre first; the last hop takes it. Bangkok must be among `stops`.

    Raises UnknownProvince. A circle or a gap among the fallbacks leads to Bangkok.
    """
    if province not in stops:
        raise UnknownProvince(province)
    hops = [Hop(province, Reason.OWN)]
    seen = {province}
    while not stops[hops[-1].iso].accepts:
        following = stops[hops[-1].iso].fallback
        if following not in stops or following in seen:
            following = BANGKOK
        if following == BANGKOK and not stops[BANGKOK].accepts:
            hops.append(Hop(BANGKOK, Reason.NOBODY))
            break
        hops.append(Hop(following, Reason.STANDS_IN))
        seen.add(following)
    return tuple(hops)
