"""Where everything is, for who has just started it."""

from yeshi_local.machine import Machine


def table(here: Machine) -> str:
    """A line for each address, and where logs and secrets lie."""
    values = here.addresses()
    rows = [
        ("商店 API  gateway", here.public_url),
        ("API 文件  API pages", f"{here.public_url}/docs"),
        ("LINE 手機  LINE double's phone", f"{values['line.url']}/phone"),
        ("信箱  mailbox", "(outside)" if "SMTP_URL" in here.outside else f"{here.mailbox_url}/mailbox"),
        ("RabbitMQ 管理  management", _management(here)),
        ("PostgreSQL", values["postgres.users"].rpartition("@")[2].partition("/")[0]),
        ("MongoDB", values["mongo.url"].removeprefix("mongodb://").partition("/")[0]),
        ("S3", values["s3.url"]),
        ("MQTT", values["mqtt.url"].removeprefix("mqtt://")),
        ("SNS", values["sns.url"]),
        ("紀錄檔  logs", f"{here.run / 'logs'}  (make logs)"),
        ("密碼  secrets", str(here.run / "secrets.json")),
    ]
    return "\n" + "\n".join(f"  {name:<34} {where}" for name, where in rows) + "\n"


def _management(here: Machine) -> str:
    if "RABBITMQ_URL" in here.outside:
        return "(outside)"
    return f"http://127.0.0.1:{here.ports['management']}  (admin)"
