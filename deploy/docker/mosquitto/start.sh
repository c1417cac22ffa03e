#!/bin/sh
# The first user, who may administer the others, is made once.
set -eu
users=/mosquitto/data/users.json
[ -e "$users" ] || mosquitto_ctrl dynsec init "$users" admin "$MQTT_ADMIN_PASSWORD"
chown mosquitto:mosquitto "$users"
exec mosquitto -c /mosquitto/config/mosquitto.conf
