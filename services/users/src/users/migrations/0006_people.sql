-- 統一編號 of companies, the language somebody reads, letters to other addresses than an account's own.

ALTER TABLE sellers ADD COLUMN tax_id text;
ALTER TABLE accounts ADD COLUMN locale text NOT NULL DEFAULT 'zh-TW' CHECK (locale IN ('zh-TW', 'en'));

-- Whose letter it is where its address does not say it.
ALTER TABLE mails ADD COLUMN user_id uuid REFERENCES accounts;
ALTER TABLE mails DROP CONSTRAINT mails_purpose_check;
ALTER TABLE mails ADD CONSTRAINT mails_purpose_check CHECK (purpose IN (
    'verify_email', 'reset_password', 'password_changed', 'change_email', 'email_changed', 'staff_invited'));
CREATE INDEX mails_by_user ON mails (user_id) WHERE user_id IS NOT NULL;
