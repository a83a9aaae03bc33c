/* town.h - index entries like those of a town's mail, the same each time: for benchmarks */
#pragma once

#include <mugai/store.h>

/* State of the generator. */
extern guint64 town_seed;
/* A number below @bound. */
guint32 town_draw(guint32 bound);
#define TOWN_PICK(words) ((words)[town_draw(G_N_ELEMENTS(words))])

/* In kanji and in Latin letters. */
extern const char *const town_surnames[40][2];
extern const char *const town_givens[16][2];
extern const char *const town_topics[28];

/* A name of two kanji of a few thousand: companies, places. */
void town_append_place(GString *text);
/* The @number-th entry of the mail of some months. */
MugaiEntry *town_draw_entry(guint64 number);
