// SPDX-License-Identifier: Apache-2.0
// LTTng-UST's tracepoint with the three values of a call.
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER obs_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "lttng_provider.h"

#if !defined(OBS_BENCH_CALL_LTTNG_PROVIDER_H) ||                               \
    defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define OBS_BENCH_CALL_LTTNG_PROVIDER_H

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(
    obs_bench, work,
    LTTNG_UST_TP_ARGS(long, number, double, factor, const char *, text),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(long, number, number)
                            lttng_ust_field_float(double, factor, factor)
                                lttng_ust_field_string(text, text)))

#endif // OBS_BENCH_CALL_LTTNG_PROVIDER_H

#include <lttng/tracepoint-event.h>
