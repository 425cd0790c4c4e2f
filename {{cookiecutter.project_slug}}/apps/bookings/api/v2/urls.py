from rest_framework.routers import SimpleRouter

from apps.bookings.api.v2 import views

router = SimpleRouter(use_regex_path=False)
router.register("listings", views.ListingViewSet, basename="listing")

urlpatterns = router.urls
