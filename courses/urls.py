from django.urls import path

from courses import certificate_views, learn_views, quiz_views

urlpatterns = [
    # P: progress and the learner's own screens
    path("learn/", learn_views.show_learning, name="learning"),
    path("learn/pages/<int:page_id>/finish/", learn_views.finish_page, name="lesson_finish"),
    path("learn/pages/<int:page_id>/evidence/", learn_views.take_evidence, name="lesson_evidence"),
    path("learn/pages/<int:page_id>/bookmark/", learn_views.keep_bookmark, name="bookmark"),
    path("learn/pages/<int:page_id>/notes/", learn_views.add_note, name="note"),
    path("learn/notes/<int:note_id>/", learn_views.edit_note, name="note_edit"),
    path("learn/notes/<int:note_id>/delete/", learn_views.delete_note, name="note_delete"),
    path("learn/pages/<int:page_id>/changes/", learn_views.show_changes, name="page_changes"),
    path("learn/pages/<int:page_id>/tasks/<str:block>/", learn_views.mark_task, name="task_mark"),
    # Q: quizzes
    path("learn/quizzes/<slug:code>/start/", quiz_views.start, name="quiz_start"),
    path("learn/attempts/<uuid:key>/", quiz_views.show_attempt, name="attempt"),
    path("learn/attempts/<uuid:key>/submit/", quiz_views.submit, name="attempt_submit"),
    path("learn/attempts/<uuid:key>/result/", quiz_views.show_result, name="attempt_result"),
    # T: paths
    # C: certificates
    path("learn/courses/<int:course_id>/certificate/", certificate_views.ask_for_certificate, name="certificate_ask"),
    path("certificates/", certificate_views.search_certificate, name="certificate_search"),
    path("certificates/<str:number>/", certificate_views.show_certificate, name="certificate"),
    path("certificates/<str:number>/pdf/", certificate_views.download_pdf, name="certificate_pdf"),
    path("certificates/<str:number>/qr.svg", certificate_views.show_qr, name="certificate_qr"),
]
