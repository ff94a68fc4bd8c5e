#!/bin/bash
# One role and one schema a service: no service reaches another's tables. PostgreSQL's image runs this once, on an
# empty data folder. The passwords differ by name only: on one machine roles guard against mistakes, not malice.
set -eu

for service in identity credit guarantee lending matching coordination oversight portal; do
    psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
        --set service="$service" --set password="$service-$RONGQIAO_DB_SECRET" <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE SCHEMA :"service" AUTHORIZATION :"service";
SQL
done
