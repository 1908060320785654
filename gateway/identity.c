/* SPDX-License-Identifier: MIT */
#include "gateway/identity.h"

gw_outcome gw_identity_resolve(const gw_identity_request *r, const gw_workspace **out_workspace)
{
    const gw_workspace *w = gw_workspaces_anonymous(r->table);
    if (w == NULL)
        return GW_OUTCOME_UNAUTHENTICATED;
    *out_workspace = w;
    return GW_OUTCOME_DELIVERED;
}
