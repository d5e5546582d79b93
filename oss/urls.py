from django.urls import path

from oss import views

urlpatterns = [
    path("ask/", views.ask, name="ask"),
    path("ask/received/<slug:token>/", views.show_receipt, name="case_receipt"),
    path("ask/received/<slug:token>/copy/", views.download_receipt, name="case_copy"),
    path("centres/", views.list_centres, name="centres"),
    path("centres/<slug:iso>/", views.show_centre, name="centre"),
    path("desk/", views.show_desk, name="desk"),
    path("desk/<slug:reference>/", views.show_case, name="case"),
    path("desk/<slug:reference>/take/", views.take_case, name="case_take"),
    path("desk/<slug:reference>/answer/", views.answer_case, name="case_answer"),
    path("desk/<slug:reference>/close/", views.close_case, name="case_close"),
]
