#!/bin/sh
# A role and a database for each service, made when the cluster is.
set -eu
for name in users catalog orders notify edge; do
    variable="POSTGRES_$(echo "$name" | tr '[:lower:]' '[:upper:]')_PASSWORD"
    password=$(printenv "$variable")
    psql -v ON_ERROR_STOP=1 -q -U "$POSTGRES_USER" -d postgres -v role="yeshi_$name" -v password="$password" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE CONNECT ON DATABASE :"role" FROM PUBLIC;
SQL
done
