"""What ranking is made of: all the numbers and lists that may be tuned, and nothing else.

They were set lightly on questions over the demo guides (`docs/search.md`); the next round tunes them on the
development sets of `shared/data/search-dev`.
"""

FIELDS = {"title": 3.0, "keywords": 2.5, "summary": 1.5, "body": 1.0}
PART = 0.35  # a part of a compound that was asked for, against the compound itself
PAIR = 0.8  # two words of the question side by side
COMMON = 0.1  # words that every question has: they order, they do not select
GRAMS = 0.12  # scraps of three characters: they order, and select only when no word does

# How many of a question's telling words a result must have, by their number; the last one is a share.
NEEDED = {1: 1, 2: 2, 3: 2, 4: 3}
NEEDED_SHARE = 0.6
FEW = 3  # with fewer results than this, pages that have only some of the words follow
NEAR_SHARE = 0.6  # of the scraps, when no word is found

COMMON_WORDS = frozenset(
    """
    ต้อง ไหม มั้ย มัย หรือเปล่า หรือไม่ รึเปล่า อย่างไร ยังไง ไง เท่าไร เท่าไหร่ เท่าใด ที่ไหน ตรงไหน ไหน ไหนบ้าง อะไร อะไรบ้าง บ้าง ใคร ใครบ้าง เมื่อไร เมื่อไหร่
    กี่ ทำ ทำไง ทำยังไง ทำอย่างไร ทำอะไร ทำไม ได้ ได้ไหม ได้มั้ย ให้ การ ความ ของ ที่ ซึ่ง และ หรือ เป็น คือ มี ไม่ กับ ใน จะ ไป มา อยาก อยากจะ อยากได้ ขอ ครับ คะ ค่ะ
    นะ จ้า จ๊ะ หน่อย ด้วย แล้ว ก็ ก่อน หลัง ยาก ง่าย ดี วิธี วิธีการ ควร เรา ผม ฉัน ดิฉัน หนู พี่ คุณ เขา นี้ นั้น อยู่ ถ้า ว่า จาก ถึง โดย สำหรับ เกี่ยวกับ เรื่อง
    ช่วย รบกวน สอบถาม ถาม บอก รู้ เอา ใช้ แบบ แบบไหน อัน ตัว คน เวลา ตอน ใหม่ กว่า มาก เยอะ นาน กี่วัน กี่บาท เพื่อ ต่อ ตาม แต่ ยัง เคย เพิ่ง กำลัง ไว้ ขึ้น ลง ออก เข้า
    a an and are can do for how i in is of on or the to what where who why
    """.split()
)
