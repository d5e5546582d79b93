"""Every pair of colours that the components use can be told apart: WCAG 2.2 AA, light and dark, each stage."""

import re

import pytest

from scripts.environment import ROOT

TEXT, PART = 4.5, 3.0
PAIRS = [
    *(
        (TEXT, "ink", on)
        for on in ("paper", "plaster", "sky", "mark", "success-wash", "warn-wash", "error-wash", "info-wash", "unknown-wash")
    ),
    *((TEXT, "ink-soft", on) for on in ("paper", "plaster", "sky")),
    *((TEXT, "link", on) for on in ("paper", "plaster", "sky", "warn-wash", "info-wash", "error-wash")),
    *((TEXT, "visited", on) for on in ("paper", "plaster")),
    *((TEXT, "error", on) for on in ("paper", "plaster", "error-wash")),
    *((TEXT, state, f"{state}-wash") for state in ("success", "warn", "info", "unknown")),
    *((TEXT, state, "paper") for state in ("action", "success", "warn", "unknown")),
    *((TEXT, "on-action", on) for on in ("action", "action-press")),
    (TEXT, "on-pavement", "pavement"),
    (TEXT, "on-pavement-soft", "pavement"),
    (TEXT, "on-plate", "plate"),
    (TEXT, "pavement", "on-pavement"),  # the light button of the counter
    *((PART, part, on) for part in ("edge", "focus") for on in ("paper", "plaster", "sky")),
    *((PART, "action", on) for on in ("plaster", "sky")),
    *((PART, "plate", on) for on in ("paper", "plaster")),
    (PART, "error", "paper"),
]
STAGE_PAIRS = [
    *((TEXT, text, "wash") for text in ("stage-text", "error", "ink", "ink-soft", "link")),
    (TEXT, "stage-text", "paper"),
    *((PART, "awning", on) for on in ("paper", "wash")),
    *((PART, part, "wash") for part in ("focus", "plate")),
]
STAGES = ("idea", "start", "run", "grow", "transform", "recover", "exit")


def read_tokens() -> dict[str, dict[str, dict[str, str]]]:
    """{scheme: {selector: {token: value}}}; what the dark scheme does not name stays as in the light one."""
    css = re.sub(r"/\*.*?\*/", "", (ROOT / "static" / "tokens.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    halves = css.split("@media (prefers-color-scheme: dark)")
    found = {}
    for scheme, half in zip(("light", "dark"), halves, strict=True):
        sets = {
            selector: dict(re.findall(r"--([\w-]+):\s*([^;]+);", body))
            for selector, body in re.findall(r"(:root|\.stage-\w+)\s*\{([^{}]*)\}", half)
        }
        found[scheme] = {name: {**found.get("light", {}).get(name, {}), **tokens} for name, tokens in sets.items()}
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def failing(tokens: dict[str, str], pairs) -> list[str]:
    ratios = [(front, back, needed, contrast(tokens[front], tokens[back])) for needed, front, back in pairs]
    return [f"{front} on {back}: {ratio:.2f}, needed {needed}" for front, back, needed, ratio in ratios if ratio < needed]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_apart(scheme):
    assert failing(read_tokens()[scheme][":root"], PAIRS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("stage", STAGES)
def test_colours_of_a_stage_can_be_told_apart(scheme, stage):
    tokens = read_tokens()[scheme]
    assert failing({**tokens[":root"], **tokens[f".stage-{stage}"]}, STAGE_PAIRS) == []


def test_contrast_of_black_on_white_is_21():
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0
