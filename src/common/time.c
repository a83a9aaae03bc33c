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
