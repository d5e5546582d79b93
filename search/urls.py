from django.urls import path

from search import views

urlpatterns = [
    path("search/", views.show_results, name="search"),
]
