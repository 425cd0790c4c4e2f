#!/bin/sh
# Backups of the database, in the container `backup` of compose.production.yaml:
#
#   keep-on         one now, and one every BACKUP_HOURS
#   now             one now
#   list            their names, the newest last
#   load [NAME]     read the newest, or the one of this name, into a database beside the one in use
#   swap            put what was loaded in the place of the one in use, which nobody uses any more
#   check           whether the newest is as young as it should be
set -eu

folder=/var/lib/mysql/backups
database=app

newest() {
    list | tail -n 1
}

list() {
    find "$folder" -name '*.sql.gz' -exec basename {} \; | sort
}

now() {
    mkdir -p "$folder"
    name=$(date -u +%Y-%m-%dT%H-%M-%SZ).sql.gz
    # Under its name only when it is whole.
    # The last line of a whole dump says so; a pipe would hide that mysqldump failed.
    mysqldump --host=database --user=root --single-transaction --routines --triggers --events "$database" \
        >"$folder/$name.plain.part"
    tail -n 1 "$folder/$name.plain.part" | grep -q '^-- Dump completed'
    gzip <"$folder/$name.plain.part" >"$folder/$name.part"
    rm "$folder/$name.plain.part"
    mv "$folder/$name.part" "$folder/$name"
    echo "Backed up: $name, $(du -h "$folder/$name" | cut -f1)."
    forget_old
}

# The three newest stay whatever their age: a server that was off for a month must not end up with none.
forget_old() {
    find "$folder" -name '*.part' -mtime +1 -delete
    list | head -n -3 | while read -r name; do
        find "$folder/$name" -mtime "+${BACKUP_DAYS_KEPT:-14}" -delete
    done
}

keep_on() {
    trap 'exit 0' TERM INT
    while :; do
        now || echo "The backup failed; it is tried again in a minute." >&2
        if check >/dev/null; then pause=$((${BACKUP_HOURS:-24} * 3600)); else pause=60; fi
        # In the background, so that a signal does not have to wait for its end.
        sleep "$pause" &
        wait $!
    done
}

check() {
    minutes=$((${BACKUP_HOURS:-24} * 60 + 60))
    if [ -z "$(find "$folder" -name '*.sql.gz' -mmin "-$minutes")" ]; then
        echo "No backup is younger than $minutes minutes." >&2
        return 1
    fi
    echo "The newest backup is $(newest)."
}

sql() {
    mysql --host=database --user=root --batch --skip-column-names --execute="$1"
}

# A backup that is not whole is found out here, while the site still serves.
load() {
    name=${1:-$(newest)}
    if [ -z "$name" ] || [ ! -f "$folder/$name" ]; then
        echo "There is no backup ${name:-at all}. There are:" >&2
        list >&2
        return 1
    fi
    gzip --test "$folder/$name"
    sql "DROP DATABASE IF EXISTS ${database}_loaded; CREATE DATABASE ${database}_loaded"
    gzip --decompress --stdout "$folder/$name" | mysql --host=database --user=root "${database}_loaded"
    echo "Loaded: $name."
}

# MySQL cannot rename a database, but move its tables into another one, all at once.
move() {
    sql "CREATE DATABASE IF NOT EXISTS $2; GRANT ALL ON $2.* TO 'app'@'%'"
    moves=$(sql "SELECT CONCAT(table_schema, '.', table_name, ' TO $2.', table_name) FROM \
        information_schema.tables WHERE table_schema = '$1' AND table_type = 'BASE TABLE'" | paste -sd, -)
    [ -z "$moves" ] || sql "RENAME TABLE $moves"
}

swap() {
    sql "DROP DATABASE IF EXISTS ${database}_replaced; CREATE DATABASE IF NOT EXISTS $database"
    move "$database" "${database}_replaced"
    echo "What was in use is kept as ${database}_replaced until the next restore."
    move "${database}_loaded" "$database"
    sql "DROP DATABASE ${database}_loaded"
    echo "In use: the backup."
}

case "${1:-}" in
    keep-on) keep_on ;;
    now) now ;;
    list) list ;;
    check) check ;;
    load) load "${2:-}" ;;
    swap) swap ;;
    *)
        sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
