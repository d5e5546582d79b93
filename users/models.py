"""Who people are, and what they agreed to."""

import hashlib

from django.contrib.auth.models import AbstractUser, BaseUserManager, Group
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from users.roles import STAFF_ROLES, Role


class UserManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractUser):
    """A person. The e-mail address is the identifier; there is no user name."""

    username = None
    email = models.EmailField(_("อีเมล"), unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()

    class Meta:
        verbose_name = _("ผู้ใช้")
        verbose_name_plural = _("ผู้ใช้")

    def __str__(self):
        return self.get_full_name() or self.email

    def clean(self):
        """One person, one spelling: addresses that differ in case are the same."""
        super().clean()
        self.email = self.email.lower()

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(self.groups.values_list("name", flat=True))

    def has_role(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    def give_role(self, role: Role) -> None:
        self.groups.add(Group.objects.get(name=role))
        self.__dict__.pop("roles", None)

    @property
    def is_member_of_staff(self) -> bool:
        """Whether a second factor is asked of this person (ASVS 6.3)."""
        return self.is_superuser or self.has_role(*STAFF_ROLES)


class Consent(models.Model):
    """One line of the consent ledger: append-only, with the wording that was on the screen.

    `subject` names the person where there is no account: the key of the form that was sent.
    """

    class Purpose(models.TextChoices):
        CONSULTATION = "consultation", _("ให้ศูนย์ติดต่อกลับเรื่องที่ขอคำปรึกษา")

    purpose = models.CharField(max_length=40, choices=Purpose)
    wording = models.TextField()
    wording_hash = models.CharField(max_length=64, editable=False)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="consents")
    subject = models.CharField(max_length=64, db_index=True)
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-given_at"]

    def __str__(self):
        return f"{self.purpose} {self.given_at:%Y-%m-%d}"

    def save(self, *args, **kwargs):
        if self.pk:
            raise TypeError("The consent ledger is append-only")
        self.wording_hash = hashlib.sha256(self.wording.encode()).hexdigest()
        super().save(*args, **kwargs)
