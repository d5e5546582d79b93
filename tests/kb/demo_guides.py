"""Guides as files, for tests of their loading."""


def guide_source(slug: str, *, code: str = "9001", related: str = "[]", text: str = "เนื้อหา") -> str:
    """The file of a short guide called `slug`; `related` is YAML, `text` the body's Markdown."""
    return f"""---
title: ร้านตัวอย่าง {slug}
slug: {slug}
code: "{code}"
stages: [run]
functions: [tax]
short_answer: คำตอบ
summary: สรุป
keywords: []
reviewed_on: 2026-10-15
reviewed_by: ทีมตัวอย่าง
next_review: 2027-04-15
programmes: []
related: {related}
change_notes: []
---

## หัวข้อ

{text}
"""
