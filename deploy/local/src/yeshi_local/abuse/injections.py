"""Texts that are commands elsewhere: to a database, a shell, a log, a template."""

INJECTIONS = [
    *("'", "''", '"', "`", "\\", "\\'", "%27", "%2527", ";", "--", "/*", "*/", "#", "'--", "' #", "');--"),
    *("' OR '1'='1", "' OR 1=1--", '" OR ""="', "1 OR 1=1", "') OR ('1'='1", "admin'--", "' OR 'x' LIKE 'x"),
    *("' UNION SELECT NULL--", "' UNION SELECT version()--", "1; DROP TABLE products", "'; DROP TABLE products;--"),
    *("'; SELECT pg_sleep(5);--", "1' AND (SELECT pg_sleep(5))--", "' || pg_sleep(5) || '", "1;SELECT pg_sleep(5)"),
    *("$$; SELECT pg_sleep(5); $$", "' AND 1=CAST(version() AS int)--", "%(password)s", "%s", "%d%d%d%n", "{0}"),
    *("{0.__class__}", "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{% print 7 %}", "$(id)", "`id`", "| id", "; id"),
    *("&& id", "\n id", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "file:///etc/passwd", "/dev/zero", "C:\\x"),
    *("$where", "$gt", '{"$ne": null}', '{"$gt": ""}', "[$ne]=1", "'; return true; //", "this.password", "a.b.c"),
    *('{"$where": "sleep(5000)"}', "$regex", "^(a+)+$", "(a|a)*b", "a" * 200, "(" * 100, "[" * 100, "*" * 200),
    *("%" * 100, "_" * 200, "%_%", "\\%", "\\_", ":*", "a:* & b", "!a", "a & | b", "<->", "'a' <-> 'b'", "a\\:b"),
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "\u202e", "\u200b", "\ufeff"),
    *("\r\nSet-Cookie: a=b", "%0d%0aX-Evil: 1", "\t", "\x7f", "é" * 100, "夜市", "𠮷", "👨‍👩‍👧‍👦", "\u0301", "İ", "ß"),
    *("*)(uid=*))(|(uid=*", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>", "=1+1", "@SUM(1)", "+1", "-1"),
    *("null", "undefined", "NaN", "true", "0x0", "1e309", "-0", "00000000-0000-0000-0000-000000000000", "None", "nil"),
]
