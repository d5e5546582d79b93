from django.urls import path

from home import views

urlpatterns = [
    path("my/", views.show_my_page, name="my_page"),
    path("my/reading/", views.keep_reading, name="keep_reading"),
]
