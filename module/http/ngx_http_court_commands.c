/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The directives: names, contexts, and who reads their arguments.
 */

#include "ngx_http_court_audit.h"


static ngx_conf_enum_t  ngx_http_court_modes[] = {
    { ngx_string("on"), NGX_HTTP_COURT_ON },
    { ngx_string("off"), NGX_HTTP_COURT_OFF },
    { ngx_string("report"), NGX_HTTP_COURT_REPORT },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_court_token_sources[] = {
    { ngx_string("bearer"), 1 },
    { ngx_string("none"), 0 },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_court_formats[] = {
    { ngx_string("json"), NGX_HTTP_COURT_FORMAT_JSON },
    { ngx_string("html"), NGX_HTTP_COURT_FORMAT_HTML },
    { ngx_string("auto"), NGX_HTTP_COURT_FORMAT_AUTO },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_court_log_levels[] = {
    { ngx_string("info"), NGX_LOG_INFO },
    { ngx_string("notice"), NGX_LOG_NOTICE },
    { ngx_string("warn"), NGX_LOG_WARN },
    { ngx_string("error"), NGX_LOG_ERR },
    { ngx_null_string, 0 }
};

/* of court_revocation_unknown */
static ngx_conf_enum_t  ngx_http_court_unknowns[] = {
    { ngx_string("refuse"), 0 },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_court_audit_modes[] = {
    { ngx_string("refuse"), NGX_HTTP_COURT_AUDIT_REFUSE },
    { ngx_string("refuse_durable"), NGX_HTTP_COURT_AUDIT_REFUSE_DURABLE },
    { ngx_string("allow"), NGX_HTTP_COURT_AUDIT_ALLOW },
    { ngx_null_string, 0 }
};

static ngx_http_court_msec_bounds_t  ngx_http_court_timeouts = {
    ngx_http_court_msec_bounds, 10, 60000, "10ms and 60s"
};

static ngx_http_court_msec_bounds_t  ngx_http_court_sessions = {
    ngx_http_court_msec_bounds, 1000, 2592000000, "1s and 30d"
};


ngx_command_t  ngx_http_court_commands[] = {

    /* who may call, and what is asked about them */

    { ngx_string("court_issuer"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_court_issuer_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_fact"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_court_fact_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_source_server"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_court_source_server,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_policy"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_court_policy_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_courts"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_court_courts_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    /* what the machine keeps */

    { ngx_string("court_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_court_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_state_dir"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_court_state_dir,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_court_redis_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_cache"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_court_cache,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    /* keys of our own */

    { ngx_string("court_assertion_key"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_court_assertion_key,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_audit_key"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_court_audit_key,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_audit_log"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_1MORE,
      ngx_http_court_audit_log,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_audit_on_failure"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_http_court_enum_slot,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_court_srv_conf_t, audit_on_failure),
      &ngx_http_court_audit_modes },

    /* how a request came here */

    { ngx_string("court_trusted_front"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_1MORE,
      ngx_http_court_trusted_front,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_channel"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_http_court_channel_value,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_court_srv_conf_t, channel),
      NULL },

    { ngx_string("court_external_url"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_http_court_external_url,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_court_srv_conf_t, external),
      NULL },

    { ngx_string("court_demo"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_court_main_conf_t, demo),
      NULL },

    /* a court's part */

    { ngx_string("court"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_court_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_court_loc_conf_t, mode),
      &ngx_http_court_modes },

    { ngx_string("court_issuers"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_court_issuer_names,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_court_loc_conf_t, issuer_names),
      NULL },

    { ngx_string("court_code"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_court_code,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_token_source"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_court_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_court_loc_conf_t, bearer),
      &ngx_http_court_token_sources },

    { ngx_string("court_accel"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_court_loc_conf_t, accel),
      NULL },

    { ngx_string("court_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_court_loc_conf_t, timeout),
      &ngx_http_court_timeouts },

    { ngx_string("court_events"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_court_events,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_revocation_unknown"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_court_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_court_loc_conf_t, unknown),
      ngx_http_court_unknowns },

    { ngx_string("court_session_max"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_court_loc_conf_t, session_max),
      &ngx_http_court_sessions },

    { ngx_string("court_error_format"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_court_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_court_loc_conf_t, error_format),
      &ngx_http_court_formats },

    { ngx_string("court_log_level"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_court_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_court_loc_conf_t, log_level),
      &ngx_http_court_log_levels },

    { ngx_string("court_assertion_jwks"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_court_assertion_jwks,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* who looks after it */

    { ngx_string("court_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_court_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_health"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_court_health,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("court_control"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_court_control,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* who tells it what has changed */

    { ngx_string("court_notify"),
      NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_http_court_notify,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};
