/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * All checks.  module/reference/check.md has a line for each, and t/tool/check
 * a configuration with and one without.
 */

#include "ngx_court_tool_check.h"


#define check(id, severity, names, look, fix)                                 \
    { id, NGX_COURT_CHECK_##severity, names, ngx_court_check_##look, fix }

#define CHECK_PASS   "proxy_pass|fastcgi_pass|uwsgi_pass|scgi_pass|grpc_pass"
#define CHECK_CACHE  "proxy_cache|fastcgi_cache|uwsgi_cache|scgi_cache"
#define CHECK_SECRET "court_assertion_key|court_audit_key|court_cache|"       \
                     "password_file|sentinel_password_file|decrypt_keys|"     \
                     "ssl_certificate_key|ssl_password_file|"                 \
                     "proxy_ssl_certificate_key"
#define CHECK_ANCHOR "court_policy|court_courts|jwks_file|map|claim"
#define CHECK_OURS   "court_assertion_key|court_audit_key|court_cache"


const ngx_court_check_row_t  ngx_court_check_rows[] = {

    /* sources of facts */

    check("source-clear", ERROR, "proxy_pass", source_clear,
          "Use https:// with verification, or a tunnel on this machine."),
    check("source-tls-verify", ERROR, "proxy_pass", source_tls_verify,
          "Set \"proxy_ssl_verify on\" in the source server."),
    check("source-tls-ca", ERROR, "proxy_pass", source_tls_ca,
          "Set proxy_ssl_trusted_certificate to the source's authority."),
    check("source-tls-name", WARNING, "proxy_pass", source_tls_name,
          "Set \"proxy_ssl_server_name on\" and proxy_ssl_name to the name in "
          "its certificate."),
    check("source-secret-url", ERROR, "proxy_pass", source_secret_url,
          "Send it in a header by proxy_set_header, from an included file of "
          "mode 0600."),
    check("source-socket", ERROR, "court_source_server", source_socket,
          "chown it to the worker user, chmod 0700."),

    /* court services */

    check("upstream-clear", WARNING, CHECK_PASS, upstream_clear,
          "Use https:// with verification, or a tunnel on this machine."),
    check("upstream-tls-verify", WARNING, "proxy_pass", upstream_tls_verify,
          "Set \"proxy_ssl_verify on\" and proxy_ssl_trusted_certificate."),
    check("proxy-uri", WARNING, "proxy_pass", proxy_uri,
          "Leave out the path, the slash too."),
    check("cache-key", ERROR, CHECK_CACHE, cache_key,
          "Put $court_cache_key into it."),
    check("stream-acts", WARNING, "proxy_request_buffering", stream_acts,
          "Leave it on where something is filed or changed."),
    check("identity-header", ERROR, "proxy_set_header", identity_header,
          "Take the line out."),

    /* what is decided, and where */

    check("court-off", NOTE, "court", court_mode,
          "Accept it when everybody may ask for what is there."),
    check("court-report", NOTE, "court", court_report,
          "Set \"court on\" when the reports say what you expect."),
    check("satisfy-any", ERROR, "satisfy", satisfy_any,
          "Take the line out."),
    check("return-undecided", WARNING, "return", return_undecided,
          "Say \"court off\" there, so that it is told, or take it out."),
    check("court-code", ERROR, CHECK_PASS, court_code,
          "Set court_code in the server."),
    check("court-accel", NOTE, "court_accel", is_on,
          "Accept it when that court service may steer nginx by X-Accel-*."),
    check("demo", ERROR, "court_demo", is_on,
          "Take the line out: everybody has the demo's keys."),

    /* who can come */

    check("tls-missing", ERROR, "server", tls_missing,
          "Listen with ssl, or on this machine alone."),
    check("tls-old", WARNING, "ssl_protocols|proxy_ssl_protocols", tls_old,
          "Allow TLSv1.2 and TLSv1.3 alone."),
    check("early-data", ERROR, "ssl_early_data", is_on,
          "Set it off: who sends a request twice acts twice."),
    check("status-open", WARNING, "court_status|stub_status", status_open,
          "Allow the addresses that watch, deny all."),
    check("control-listen", ERROR, "court_control", control_listen,
          "Put it into a server of its own that listens on a unix socket."),
    check("front-any", ERROR, "court_trusted_front|set_real_ip_from",
          front_any, "Name the addresses of your own front."),
    check("body-size", WARNING, "client_max_body_size", body_size,
          "Set what the largest filing needs."),
    check("merge-slashes", NOTE, "merge_slashes", is_off,
          "Harmless: paths with // are refused before; take it out."),
    check("underscores", NOTE, "underscores_in_headers", is_on,
          "Harmless for Court-*, which is taken out however it is spelled; "
          "court services may read other headers twice."),
    check("invalid-headers", NOTE, "ignore_invalid_headers", is_off,
          "Harmless for Court-*, which is taken out however it is spelled; "
          "court services may read other headers twice."),
    check("limit-key", WARNING, "limit_req_zone|limit_conn_zone", limit_key,
          "Use $binary_remote_addr, or the policy's quota."),

    /* what is written down */

    check("log-personal", WARNING, "log_format", log_personal,
          "Use $court_subject_hash and the like."),
    check("log-token", ERROR, "log_format", log_token, "Take it out."),
    check("log-debug", ERROR, "error_log", log_debug,
          "Use notice; debug with test persons alone."),
    check("core-dump", WARNING, "worker_rlimit_core", core_dump,
          "Take the line out where tokens are real."),
    check("audit-missing", ERROR, "court_policy", audit_missing,
          "Set court_audit_log."),
    check("audit-key", WARNING, "court_audit_log", audit_key,
          "Make one by \"courtctl keys new audit\" and set court_audit_key."),
    check("audit-allow", WARNING, "court_audit_on_failure", audit_allow,
          "Use refuse_durable, or refuse."),
    check("audit-rotate", WARNING, "court_audit_log", audit_rotate,
          "Put its path into a file of logrotate as install.md says."),

    /* processes, Redis */

    check("worker-root", ERROR, "user", worker_root,
          "Give workers a user of their own."),
    check("shutdown-timeout", WARNING, "", shutdown_timeout,
          "Set \"worker_shutdown_timeout 60s\"."),
    check("redis-clear", ERROR, "court_redis", redis_clear,
          "Use a unix socket, or TLS."),
    check("redis-password", NOTE, "court_redis", redis_password,
          "Give it a user and a password, as install.md says."),
    check("state-dir", ERROR, "court_state_dir", state_dir,
          "Make it root's, mode 0750."),

    /* files and keys */

    check("secret-mode", ERROR, CHECK_SECRET, secret_mode,
          "chown root, chmod 0600."),
    check("secret-shared", ERROR, "", secret_shared,
          "Give each purpose a secret of its own."),
    check("anchor-mode", ERROR, CHECK_ANCHOR, anchor_mode,
          "chown root, chmod 0644."),
    check("conf-mode", ERROR, "", conf_mode, "chown root, chmod 0644."),
    check("dir-writable", ERROR, "|" CHECK_SECRET "|" CHECK_ANCHOR,
          dir_writable, "chown root, chmod go-w."),
    check("jwks-stale", WARNING, "jwks_file", jwks_stale,
          "Get the issuer's present keys, or touch the file when they are."),
    check("jwks-expired", WARNING, "jwks_file", jwks_expired,
          "Take it out by \"courtctl keys retire\"."),
    check("key-weak", WARNING, "jwks_file|court_assertion_key", key_weak,
          "Change it, or ask the issuer to: reference/keys.md."),
    check("key-old", NOTE, CHECK_OURS, key_old,
          "Change it: reference/keys.md."),
    check("key-staged", NOTE, CHECK_OURS, key_staged,
          "\"courtctl keys commit\", or \"keys retire --kid\"."),

    { NULL, NGX_COURT_CHECK_NOTE, NULL, NULL, NULL }
};
