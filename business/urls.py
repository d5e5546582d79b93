from django.urls import path

from business import views

urlpatterns = [
    path("my/business/", views.show_business, name="business"),
    path("my/business/new/", views.show_new_business, name="business_new"),
    path("my/business/forget/", views.forget, name="business_forget"),
    path("my/business/<int:pk>/", views.show_business, name="business_edit"),
    path("my/business/<int:pk>/choose/", views.choose, name="business_choose"),
    path("my/business/<int:pk>/forget/", views.forget, name="business_delete"),
]
