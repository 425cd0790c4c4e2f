from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.bookings.api.v1 import views

router = SimpleRouter(use_regex_path=False)
router.register("listings", views.ListingViewSet, basename="listing")
router.register("bookings", views.BookingViewSet, basename="booking")
router.register("reports", views.ReportViewSet, basename="report")

urlpatterns = [
    *router.urls,
    path("listings/<int:listing_id>/photos/", views.ListingPhotosView.as_view(), name="listing-photos"),
    path("listings/<int:listing_id>/reviews/", views.ListingReviewsView.as_view(), name="listing-reviews"),
    path("photos/<int:pk>/", views.PhotoView.as_view(), name="photo-detail"),
    path("amenities/", views.AmenitiesView.as_view(), name="amenity-list"),
]
