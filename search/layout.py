"""The two keyboard layouts of a Thai computer: Kedmanee (TIS 820) and US English, key by key. Pure.

Somebody who looks at the keys and not at the screen types สินเชื่อ as `lbog=njv`, and franchise as `ดพฟืแ้รหำ`.
"""

# How improbable one letter is after another in English, in nats from 0 to 9: a row for the edge of a word and for each
# of a…z, in each the edge and a…z. Counted over a list of English words (Debian's wamerican), rounded.
_LETTERS = "^abcdefghijklmnopqrstuvwxyz"
_AFTER = (
    "933233333345334435323444766",
    "373335545374232737232445645",
    "423662786258266279235277949",
    "328472882393388286343399948",
    "135642646268455368336455957",
    "235324446576342546223545456",
    "426772277288277279243298949",
    "137972743388354379336396958",
    "325761676287455268343395948",
    "534343447775331346423648694",
    "518882788387888168668177888",
    "235661564275353459425495949",
    "325542557295256259734357828",
    "323572687299535228637377959",
    "236332425364564366622456756",
    "444345446474332337233343556",
    "326662773287366239233396959",
    "457888888588688788877087888",
    "224442546274444257433456948",
    "146373673385445446732475959",
    "226472673288466369333385946",
    "533333447375232538222768675",
    "428871888189698389667469959",
    "324642563295453259335686957",
    "237392674299667327762456447",
    "035453656376444449434575686",
    "326771985296466368766566943",
)
SIGN = 6  # nats for a digit or a sign within a word, or a capital after a small letter

_KEYS = (
    ("`1234567890-=", "_ๅ/-ภถุึคตจขช"),
    ("qwertyuiop[]\\", "ๆไำพะัีรนยบลฃ"),
    ("asdfghjkl;'", "ฟหกดเ้่าสวง"),
    ("zxcvbnm,./", "ผปแอิืทมใฝ"),
    ("~!@#$%^&*()_+", "%+๑๒๓๔ู฿๕๖๗๘๙"),
    ("QWERTYUIOP{}|", '๐"ฎฑธํ๊ณฯญฐ,ฅ'),
    ('ASDFGHJKL:"', "ฤฆฏโฌ็๋ษศซ."),
    ("ZXCVBNM<>?", "()ฉฮฺ์?ฒฬฦ"),
)
_TO_THAI = str.maketrans({latin: thai for latins, thais in _KEYS for latin, thai in zip(latins, thais, strict=True)})
_TO_LATIN = str.maketrans({thai: latin for latins, thais in _KEYS for latin, thai in zip(latins, thais, strict=True)})


def to_thai(text: str) -> str:
    """What the same keys give on the Thai layout."""
    return text.translate(_TO_THAI)


def to_latin(text: str) -> str:
    """What the same keys give on the English layout."""
    return text.translate(_TO_LATIN)


def english_cost(text: str) -> float:
    """How improbable a piece without blanks is as English, in nats; about 2.5 a letter for English words."""
    cost, before = 0.0, "^"
    for place, character in enumerate(text.strip('.,!?()"')):
        letter = character.lower()
        if "a" <= letter <= "z":
            is_odd = character != letter and place and not text[:place].isupper() and before != "^"
            cost += int(_AFTER[_LETTERS.index(before)][_LETTERS.index(letter)]) + (SIGN if is_odd else 0)
            before = letter
        else:
            cost += SIGN
            before = "^"
    return cost + int(_AFTER[_LETTERS.index(before)][0])
