from django.urls import path
from django.views.generic import RedirectView

from home import views

urlpatterns = [
    path("my/", views.show_my_page, name="my_page"),
    path("my/reading/", views.keep_reading, name="keep_reading"),
    # Wagtail looks this name up before it reads WAGTAIL_FRONTEND_LOGIN_URL.
    path("_util/login/", RedirectView.as_view(pattern_name="account_login", query_string=True), name="wagtailcore_login"),
]
