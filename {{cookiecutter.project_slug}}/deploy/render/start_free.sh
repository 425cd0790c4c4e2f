#!/usr/bin/env bash
# Run everything in one web service: migrate, then the site and a worker that schedules too. When one of the
# two ends, so does the other, and the platform starts both again.
set -euo pipefail

export ALLOWED_HOSTS="$RENDER_EXTERNAL_HOSTNAME" SITE_URL="$RENDER_EXTERNAL_URL"
# One store for both, in two of its databases.
export CELERY_BROKER_URL="${CELERY_BROKER_URL:-${REDIS_URL%/}/0}" REDIS_URL="${REDIS_URL%/}/1"

end_both() {
    trap - TERM INT
    # One of them may be gone already.
    kill $(jobs -p) 2>/dev/null || true
    wait
}
trap 'end_both; exit 0' TERM INT

python manage.py release
celery -A config worker --beat --loglevel=INFO &
gunicorn -c config/gunicorn.py config.wsgi &
wait -n || true
echo "The worker or the site has ended, so everything is stopped." >&2
end_both
exit 1
