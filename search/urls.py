from django.urls import path

from search import click, suggest_views, views

urlpatterns = [
    path("search/", views.show_results, name="search"),
    path("search/click/", click.record_click, name="search_click"),
    path("search/suggest/", suggest_views.suggest, name="search_suggest"),
    path("search/open/<slug:kind>/<int:object_id>/", suggest_views.open_found, name="search_open"),
]
