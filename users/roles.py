"""The roles of the network. A role is a Django group of the same name; `home.roles` gives it its permissions."""

from django.db import models


class Role(models.TextChoices):
    ENTREPRENEUR = "entrepreneur", "ผู้ประกอบการ"
    ADVISOR = "advisor", "ที่ปรึกษาศูนย์"
    CENTRE_HEAD = "centre-head", "หัวหน้าศูนย์"
    EDITOR = "editor", "ผู้เขียนเนื้อหา"
    PUBLISHER = "publisher", "ผู้เผยแพร่เนื้อหา"
    ADMINISTRATOR = "administrator", "ผู้ดูแลระบบ"


STAFF_ROLES = [Role.ADVISOR, Role.CENTRE_HEAD, Role.EDITOR, Role.PUBLISHER, Role.ADMINISTRATOR]
