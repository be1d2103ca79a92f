/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names become indexes, for as long as the zone lives.  Looked up without the
 * lock: a slot is filled when its name is whole, and never changes.
 */

#include "ngx_court_state_zone.h"


typedef struct {
    ngx_uint_t                 first;        /* in names; in slots: twice */
    ngx_uint_t                 max;          /* a power of two */
} ngx_court_state_kind_t;

static const ngx_court_state_kind_t
    ngx_court_state_kinds[NGX_COURT_NAME_KINDS] =
{
    { 0, NGX_COURT_STATE_COURTS },
    { NGX_COURT_STATE_COURTS, NGX_COURT_STATE_REASONS },
    { NGX_COURT_STATE_COURTS + NGX_COURT_STATE_REASONS,
      NGX_COURT_STATE_FACTS },
    { NGX_COURT_STATE_COURTS + NGX_COURT_STATE_REASONS
      + NGX_COURT_STATE_FACTS, NGX_COURT_STATE_REDIS }
};


/* FNV-1a; whoever names courts is whoever configures */

static ngx_uint_t
ngx_court_state_names_hash(const ngx_str_t *name)
{
    size_t    i;
    uint32_t  h;

    h = 2166136261u;

    for (i = 0; i < name->len; i++) {
        h = (h ^ name->data[i]) * 16777619u;
    }

    return h ^ h >> 15;
}


/* the slot of the name, or the free one where it would go */

static uint16_t *
ngx_court_state_names_slot(ngx_court_state_t *state,
    const ngx_court_state_kind_t *kind, const ngx_str_t *name)
{
    uint16_t                *slots, i;
    ngx_uint_t               n;
    ngx_court_state_name_t  *names;

    names = &state->head->names[kind->first];
    slots = &state->head->slots[2 * kind->first];

    for (n = ngx_court_state_names_hash(name); /* void */ ; n++) {
        i = __atomic_load_n(&slots[n % (2 * kind->max)], __ATOMIC_ACQUIRE);

        if (i == 0 || (names[i].len == name->len
                       && ngx_memcmp(names[i].data, name->data, name->len)
                          == 0))
        {
            return &slots[n % (2 * kind->max)];
        }
    }
}


static void
ngx_court_state_names_write(ngx_court_state_name_t *to, const ngx_str_t *name)
{
    to->len = (uint32_t) name->len;
    ngx_memcpy(to->data, name->data, name->len);
}


void
ngx_court_state_first(ngx_court_state_t *state, ngx_court_name_kind_t kind,
    const ngx_str_t *name)
{
    ngx_court_state_names_write(
        &state->head->names[ngx_court_state_kinds[kind].first], name);

    state->head->nnames[kind] = 1;
}


ngx_uint_t
ngx_court_state_intern(ngx_court_state_t *state, ngx_court_name_kind_t kind,
    const ngx_str_t *name)
{
    uint16_t                      *slot;
    ngx_uint_t                     i;
    const ngx_court_state_kind_t  *k;

    k = &ngx_court_state_kinds[kind];

    if (state == NULL || name->len == 0 || name->len > NGX_COURT_STATE_NAME) {
        return NGX_COURT_STATE_OTHER;
    }

    slot = ngx_court_state_names_slot(state, k, name);

    if (*slot) {
        return *slot;
    }

    if (state->head->nnames[kind] == k->max
        || ngx_court_state_lock(state) != NGX_OK)
    {
        return NGX_COURT_STATE_OTHER;
    }

    /* another one may have been faster */

    slot = ngx_court_state_names_slot(state, k, name);
    i = *slot;

    if (i == 0 && state->head->nnames[kind] < k->max) {
        i = state->head->nnames[kind];

        ngx_court_state_names_write(&state->head->names[k->first + i], name);

        __atomic_store_n(&state->head->nnames[kind], (uint32_t) i + 1,
                         __ATOMIC_RELEASE);
        __atomic_store_n(slot, (uint16_t) i, __ATOMIC_RELEASE);
    }

    ngx_court_state_unlock(state);

    return i;
}


ngx_uint_t
ngx_court_state_names(ngx_court_state_t *state, ngx_court_name_kind_t kind)
{
    return __atomic_load_n(&state->head->nnames[kind], __ATOMIC_ACQUIRE);
}


void
ngx_court_state_name(ngx_court_state_t *state, ngx_court_name_kind_t kind,
    ngx_uint_t i, ngx_str_t *name)
{
    ngx_court_state_name_t  *from;

    if (i >= ngx_court_state_names(state, kind)) {
        i = NGX_COURT_STATE_OTHER;
    }

    from = &state->head->names[ngx_court_state_kinds[kind].first + i];

    name->data = from->data;
    name->len = ngx_min(from->len, NGX_COURT_STATE_NAME);
}
