"""Addresses without a language: for machines."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path

from home import views
from home.health import Ready
from home.sitemaps import SITEMAPS

urlpatterns = [
    path("healthz", views.show_alive, name="healthz"),
    path("readyz", Ready.as_view(), name="readyz"),
    path("favicon.ico", views.show_favicon, name="favicon"),
    path("robots.txt", views.show_robots, name="robots"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
]
