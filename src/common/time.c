/* time.c - moments of local time */
#include <mugai/time.h>

#include <time.h>

MugaiTime
mugai_time_local(gint64 seconds)
{
    time_t when = (time_t)seconds;
    struct tm parts = {0};

    if (localtime_r(&when, &parts) == NULL)
        parts.tm_gmtoff = 0;
    return (MugaiTime){.seconds = seconds, .offset = (gint32)(parts.tm_gmtoff / 60 * 60)};
}

gint64
mugai_time_midnight(gint64 now, int days)
{
    g_autoptr(GDateTime) moment = g_date_time_new_from_unix_local(now);
    g_autoptr(GDateTime) day = g_date_time_add_days(moment, days);
    g_autoptr(GDateTime) begin =
        g_date_time_new_local(g_date_time_get_year(day), g_date_time_get_month(day),
                              g_date_time_get_day_of_month(day), 0, 0, 0);

    return g_date_time_to_unix(begin);
}
