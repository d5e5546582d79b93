"""The editor's forms of courses and lessons: what may not be published is refused; a draft may be as it is."""

from wagtail.admin.forms import WagtailAdminPageForm


class PublishablePageForm(WagtailAdminPageForm):
    """Asks `publishing.find_obstacles` unless a draft is saved or previewed."""

    def clean(self):
        cleaned = super().clean()
        if not self.is_deferred_validation and not self.errors:
            from courses.publishing import find_obstacles

            for obstacle in find_obstacles(self._as_filled_in(cleaned), self._needs_ids(), parent=self.parent_page):
                self.add_error(None, obstacle)
        return cleaned

    def _as_filled_in(self, cleaned: dict):
        """The page with what the form says of it; the model's own form writes the rest later."""
        page = self.instance
        for name in ("title", "body"):
            if name in cleaned:
                setattr(page, name, cleaned[name])
        return page

    def _needs_ids(self) -> list[int]:
        formset = self.formsets.get("prerequisites")
        if formset is None or not formset.is_valid():
            return []
        rows = [form.cleaned_data for form in formset.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        return [row["needs"].pk for row in rows if row.get("needs")]
