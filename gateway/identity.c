/* SPDX-License-Identifier: MIT */
#include "gateway/identity.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "gateway/credential.h"
#include "gateway/identity_gate.h"
#include "gateway/password.h"
#include "gateway/verdict_cache.h"

enum {
    MIN_TOKEN = 16,
    PASSWORD_ROOM = 2 * GW_PASSWORD_MAX,
    HASH_BYTES = 32,
    WRONG_JWT_S = 10 /* it may only have come too early */
};

/* NONE: the request has nothing of this source. */
typedef enum found { FOUND_NONE, FOUND_RIGHT, FOUND_WRONG, FOUND_SLOW, FOUND_BUSY, FOUND_UNKNOWN } found;

struct gw_identity_slow {
    gw_gate_place *place; /* owned; NULL: not in line yet */
    uint8_t source[16];
    const gw_workspace *workspace;
    const gw_password_entry *entry;
    size_t n_password;
    bool right;
    char password[]; /* wiped with it */
};

void gw_identity_set_slow_limit(unsigned n)
{
    gw_gate_set_limit(n);
}

/* ---- certificate ---- */

static found by_certificate(const gw_identity_request *r, gw_identity *out)
{
    const gw_peer *peer = r->head->peer;
    for (unsigned i = 0; peer != NULL && peer->verified && i < peer->n_names; i++) {
        out->workspace =
            gw_workspaces_by(r->table, GW_WORKSPACE_CERTIFICATE, rd_slice_str(peer->names[i]), NULL);
        if (out->workspace != NULL)
            return FOUND_RIGHT;
    }
    return FOUND_NONE;
}

/* ---- bearer ---- */

static struct {
    pthread_once_t once;
    EVP_MD *sha256; /* fetched once: looking it up costs more than hashing a token */
} algorithms = {.once = PTHREAD_ONCE_INIT};

static void fetch(void)
{
    algorithms.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static bool sha256(rd_slice s, uint8_t out[HASH_BYTES])
{
    pthread_once(&algorithms.once, fetch);
    return algorithms.sha256 != NULL && EVP_Digest(s.p, s.n, out, NULL, algorithms.sha256, NULL) == 1;
}

static found by_bearer(const gw_identity_request *r, gw_identity *out)
{
    rd_slice token;
    uint8_t hash[HASH_BYTES];
    if (gw_credential_scheme(r->head->authorization, &token) != GW_SCHEME_BEARER ||
        (gw_workspaces_rules(r->table)->jwt.keys != NULL && gw_jwt_looks_like(token)))
        return FOUND_NONE;
    if (token.n < MIN_TOKEN || !sha256(token, hash))
        return FOUND_WRONG;
    out->workspace = gw_workspaces_by(r->table, GW_WORKSPACE_TOKEN, rd_slice_of(hash, sizeof hash), NULL);
    return out->workspace != NULL ? FOUND_RIGHT : FOUND_WRONG;
}

/* ---- basic ---- */

static gw_verdict_key key_of(const gw_password_entry *e, rd_slice password, bool *out_ok)
{
    gw_verdict_key k;
    const rd_slice parts[] = {rd_slice_str(e->hash), password};
    *out_ok = gw_verdict_key_of(parts, 2, &k);
    return k;
}

/* What is known already: RIGHT for any of the user's passwords, WRONG for all of them. */
static gw_verdict known(const gw_password_entry *e, rd_slice password)
{
    gw_verdict all = GW_VERDICT_WRONG;
    for (; e != NULL; e = e->next) {
        bool ok;
        gw_verdict_key k = key_of(e, password, &ok);
        uint32_t ignored;
        int64_t for_ever;
        gw_verdict v = ok ? gw_verdict_get(&k, 0, &ignored, &for_ever) : GW_VERDICT_UNKNOWN;
        if (v == GW_VERDICT_RIGHT)
            return v;
        if (v == GW_VERDICT_UNKNOWN)
            all = v;
    }
    return all;
}

static found start_slow(const gw_identity_request *r, const gw_workspace *w, const gw_password_entry *e,
                        rd_slice password, gw_identity *out)
{
    static const uint8_t unknown[16];
    const uint8_t *source = r->head->peer != NULL ? r->head->peer->address : unknown;
    gw_identity_slow *s = gw_gate_has_room(source, w->name) ? malloc(sizeof *s + password.n + 1) : NULL;
    if (s == NULL)
        return FOUND_BUSY;
    *s = (gw_identity_slow){.workspace = w, .entry = e, .n_password = password.n};
    memcpy(s->source, source, sizeof s->source);
    memcpy(s->password, password.p, password.n);
    out->slow = s;
    return FOUND_SLOW;
}

/* Who asks for a user that does not exist learns so by the time it takes: user names are no secrets here. */
static found check_basic(const gw_identity_request *r, rd_slice value, rd_buf *text, gw_identity *out)
{
    rd_slice user, password;
    const gw_password_entry *e = NULL;
    if (!gw_credential_basic(value, text, &user, &password) || password.n > GW_PASSWORD_MAX)
        return FOUND_WRONG;
    const gw_workspace *w = gw_workspaces_by(r->table, GW_WORKSPACE_USER, user, &e);
    gw_verdict v = w == NULL ? GW_VERDICT_WRONG : known(e, password);
    if (v == GW_VERDICT_UNKNOWN)
        return start_slow(r, w, e, password, out);
    out->workspace = v == GW_VERDICT_RIGHT ? w : NULL;
    return v == GW_VERDICT_RIGHT ? FOUND_RIGHT : FOUND_WRONG;
}

static found by_basic(const gw_identity_request *r, gw_identity *out)
{
    rd_slice value;
    rd_buf text;
    if (gw_credential_scheme(r->head->authorization, &value) != GW_SCHEME_BASIC)
        return FOUND_NONE;
    rd_buf_init(&text, PASSWORD_ROOM);
    found f = check_basic(r, value, &text, out);
    rd_buf_wipe(&text);
    rd_buf_release(&text);
    return f;
}

bool gw_identity_slow_go(gw_identity_slow *s, void (*go)(void *arg), void *arg)
{
    s->place = gw_gate_enter(s->source, s->workspace->name);
    if (s->place != NULL)
        gw_gate_go(s->place, go, arg);
    return s->place != NULL;
}

void gw_identity_slow_run(gw_identity_slow *s)
{
    rd_slice password = rd_slice_of(s->password, s->n_password);
    for (const gw_password_entry *e = s->entry; e != NULL && !s->right; e = e->next) {
        bool ok;
        gw_verdict_key k = key_of(e, password, &ok);
        s->right = gw_password_verify(e->hash, password);
        if (ok)
            gw_verdict_put(&k, s->right ? GW_VERDICT_RIGHT : GW_VERDICT_WRONG, INT64_MAX, 0);
    }
}

gw_outcome gw_identity_slow_result(const gw_identity_slow *s, const gw_workspace **out_workspace)
{
    if (!s->right)
        return GW_OUTCOME_BAD_CREDENTIAL;
    *out_workspace = s->workspace;
    return GW_OUTCOME_DELIVERED;
}

void gw_identity_slow_free(gw_identity_slow **ps)
{
    gw_identity_slow *s = *ps;
    *ps = NULL;
    if (s == NULL)
        return;
    gw_gate_place *place = s->place;
    OPENSSL_cleanse(s->password, s->n_password);
    free(s);
    if (place != NULL)
        gw_gate_leave(place);
}

/* ---- jwt ---- */

/* Verified and mapped anew: of the table that is in force, which is part of the key of what is remembered. */
static found check_jwt(const gw_identity_request *r, rd_slice token, const gw_verdict_key *k,
                       gw_identity *out)
{
    const gw_jwt_rules *rules = &gw_workspaces_rules(r->table)->jwt;
    char claim[GW_JWT_CLAIM_BYTES];
    int64_t expires;
    if (!gw_jwt_verify(rules, token, r->now, claim, &expires)) {
        gw_verdict_put(k, GW_VERDICT_WRONG, r->now + WRONG_JWT_S, 0);
        return FOUND_WRONG;
    }
    out->workspace = gw_workspaces_by(r->table, GW_WORKSPACE_NAME, rd_slice_str(claim), NULL);
    if (out->workspace == NULL)
        return FOUND_UNKNOWN;
    out->until = expires;
    gw_verdict_put(k, GW_VERDICT_RIGHT, expires, (uint32_t)gw_workspaces_index(r->table, out->workspace));
    return FOUND_RIGHT;
}

static found by_jwt(const gw_identity_request *r, gw_identity *out)
{
    rd_slice token;
    gw_verdict_key k;
    uint32_t index = 0;
    uint64_t generation = gw_workspaces_generation(r->table);
    if (gw_credential_scheme(r->head->authorization, &token) != GW_SCHEME_BEARER || !gw_jwt_looks_like(token))
        return FOUND_NONE;
    const rd_slice parts[] = {rd_slice_of(&generation, sizeof generation), token};
    if (!gw_verdict_key_of(parts, 2, &k))
        return FOUND_WRONG;
    switch (gw_verdict_get(&k, r->now, &index, &out->until)) {
    case GW_VERDICT_RIGHT:
        out->workspace = gw_workspaces_at(r->table, index);
        return FOUND_RIGHT;
    case GW_VERDICT_WRONG:
        return FOUND_WRONG;
    default:
        return check_jwt(r, token, &k, out);
    }
}

/* ---- header ---- */

static bool is_trusted(const gw_identity_rules *rules, const gw_peer *peer)
{
    if (peer == NULL)
        return false;
    if (rules->with_certificate && peer->verified)
        return true;
    for (unsigned i = 0; i < rules->n_networks; i++) {
        if (gw_network_has(&rules->networks[i], peer->address))
            return true;
    }
    return false;
}

/* From who may not say it the header is nothing, as every other header that nobody asked for. */
static found by_header(const gw_identity_request *r, gw_identity *out)
{
    const gw_identity_rules *rules = gw_workspaces_rules(r->table);
    rd_slice value = {0};
    if (!is_trusted(rules, r->head->peer))
        return FOUND_NONE;
    unsigned n = gw_credential_header(r->head, rules->header, &value);
    if (n == 0)
        return FOUND_NONE;
    if (n > 1)
        return FOUND_WRONG;
    out->workspace = gw_workspaces_by(r->table, GW_WORKSPACE_NAME, value, NULL);
    return out->workspace != NULL ? FOUND_RIGHT : FOUND_UNKNOWN;
}

/* ---- what the connection remembers ---- */

/* In a time that depends on the lengths alone: connections of a proxy carry several senders. */
static bool is_same_secret(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint64_t differ = 0;
    for (; n >= sizeof differ; n -= sizeof differ, a += sizeof differ, b += sizeof differ) {
        uint64_t x, y;
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        differ |= x ^ y;
    }
    for (size_t i = 0; i < n; i++)
        differ |= (uint64_t)(a[i] ^ b[i]);
    return differ == 0;
}

static const gw_workspace *remembered(const gw_identity_request *r)
{
    const gw_peer_memo *m = r->head->peer != NULL ? &r->head->peer->memo : NULL;
    rd_slice credential = r->head->authorization;
    if (m == NULL || m->generation != gw_workspaces_generation(r->table) || r->now >= m->until ||
        m->n != credential.n || !is_same_secret(m->credential, credential.p, m->n))
        return NULL;
    return gw_workspaces_at(r->table, m->workspace);
}

/* Without memory nothing is remembered. */
static void remember(const gw_identity_request *r, const gw_identity *who)
{
    gw_peer *peer = r->head->peer;
    rd_slice credential = r->head->authorization;
    if (peer == NULL || credential.n == 0 || credential.n > GW_PEER_MEMO_MAX)
        return;
    if (peer->memo.cap < credential.n) {
        gw_peer_forget(peer);
        peer->memo.credential = malloc(credential.n);
        peer->memo.cap = peer->memo.credential != NULL ? credential.n : 0;
    }
    if (peer->memo.credential == NULL)
        return;
    memcpy(peer->memo.credential, credential.p, credential.n);
    peer->memo.n = credential.n;
    peer->memo.generation = gw_workspaces_generation(r->table);
    peer->memo.workspace = (uint32_t)gw_workspaces_index(r->table, who->workspace);
    peer->memo.until = who->until;
}

/* ---- all of them ---- */

/* An Authorization that no configured source understood is a credential nevertheless, and so a wrong one. */
static bool has_other_credential(const gw_identity_request *r)
{
    const gw_identity_rules *rules = gw_workspaces_rules(r->table);
    bool read = false;
    for (unsigned i = 0; i < rules->n_order; i++)
        read |= rules->order[i] == GW_IDENTITY_BEARER || rules->order[i] == GW_IDENTITY_BASIC ||
                rules->order[i] == GW_IDENTITY_JWT;
    return read && r->head->authorization.n > 0;
}

static bool has_unknown_certificate(const gw_identity_request *r)
{
    const gw_identity_rules *rules = gw_workspaces_rules(r->table);
    bool asked = false;
    for (unsigned i = 0; i < rules->n_order; i++)
        asked |= rules->order[i] == GW_IDENTITY_CERTIFICATE;
    return asked && r->head->peer != NULL && r->head->peer->verified;
}

gw_outcome gw_identity_resolve(const gw_identity_request *r, gw_identity *out)
{
    static found (*const sources[GW_IDENTITY_SOURCE_COUNT])(const gw_identity_request *, gw_identity *) = {
        [GW_IDENTITY_CERTIFICATE] = by_certificate,
        [GW_IDENTITY_BEARER] = by_bearer,
        [GW_IDENTITY_BASIC] = by_basic,
        [GW_IDENTITY_JWT] = by_jwt,
        [GW_IDENTITY_HEADER] = by_header};
    static const gw_outcome outcomes[] = {[FOUND_RIGHT] = GW_OUTCOME_DELIVERED,
                                          [FOUND_WRONG] = GW_OUTCOME_BAD_CREDENTIAL,
                                          [FOUND_SLOW] = GW_OUTCOME_DELIVERED,
                                          [FOUND_BUSY] = GW_OUTCOME_OVERLOAD,
                                          [FOUND_UNKNOWN] = GW_OUTCOME_FORBIDDEN};
    const gw_identity_rules *rules = gw_workspaces_rules(r->table);
    bool by_authorization = true; /* alone, or with the certificate, which the connection keeps */
    *out = (gw_identity){.workspace = remembered(r)};
    if (out->workspace != NULL)
        return GW_OUTCOME_DELIVERED;
    out->until = INT64_MAX;
    for (unsigned i = 0; i < rules->n_order; i++) {
        found f = sources[rules->order[i]](r, out);
        by_authorization &= rules->order[i] != GW_IDENTITY_HEADER;
        if (f == FOUND_RIGHT && by_authorization)
            remember(r, out);
        if (f != FOUND_NONE)
            return outcomes[f];
    }
    if (has_other_credential(r))
        return GW_OUTCOME_BAD_CREDENTIAL;
    if (has_unknown_certificate(r))
        return GW_OUTCOME_FORBIDDEN;
    out->workspace = gw_workspaces_anonymous(r->table);
    return out->workspace != NULL ? GW_OUTCOME_DELIVERED : GW_OUTCOME_UNAUTHENTICATED;
}
