from django.urls import path

from kb import views

urlpatterns = [
    path("stages/<slug:code>/", views.show_stage, name="stage"),
    path("programmes/", views.show_programmes, name="programmes"),
    path("programmes/<slug:code>/", views.show_programme, name="programme"),
    path("g/<str:code>/", views.open_by_code, name="guide_code"),
    path("feedback/<int:page_id>/", views.take_feedback, name="guide_feedback"),
]
