"""Addresses without a language: for machines."""

from django.urls import path

from courses import badge_views

urlpatterns = [
    # C: Open Badges
    path("badges/did.json", badge_views.show_did_document, name="badge_keys"),
    path("badges/keys.json", badge_views.show_key_set, name="badge_key_set"),
    path("badges/issuer.json", badge_views.show_issuer, name="badge_issuer"),
    path("badges/courses/<str:code>.json", badge_views.show_achievement, name="badge_achievement"),
    path("badges/credentials/<str:number>.jwt", badge_views.show_credential, name="badge_credential"),
    path("badges/credentials/<str:number>.json", badge_views.show_enveloped, name="badge_credential_json"),
    path("badges/status/<int:number>.jwt", badge_views.show_status_list, name="badge_status"),
]
