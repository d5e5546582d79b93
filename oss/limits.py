"""How many cases one sender may open: a telephone little, an address much (`users.limits`)."""

from users.limits import DAY, HOUR, Limits

CASES = Limits("oss.limits", {"contact": (3, DAY), "session": (10, HOUR), "address": (300, HOUR)})
