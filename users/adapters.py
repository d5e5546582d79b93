"""What allauth asks of us."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.models import Group

from users.roles import Role


class AccountAdapter(DefaultAccountAdapter):
    def format_email_subject(self, subject):
        """`รหัสเข้าสู่ระบบ | คลังความรู้ SME`: what it is comes first, since phones cut the rest."""
        return f"{subject} | {settings.WAGTAIL_SITE_NAME}"

    def save_user(self, request, user, form, commit=True):
        """Whoever signs up by himself is an entrepreneur; other roles are given by an administrator."""
        user = super().save_user(request, user, form, commit)
        if commit:
            user.groups.add(Group.objects.get(name=Role.ENTREPRENEUR))
        return user
