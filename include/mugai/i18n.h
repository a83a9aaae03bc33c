/*
 * i18n.h - marks what people are to read in their own language
 *
 * What mugai keeps, logs and sends is English, whoever reads it. Only where the command shows it to
 * somebody (src/cli/say.c) is it said in the language of his locale. So nothing is translated where
 * a sentence is made: it is marked for the catalogue (packaging/po) where no function is known by
 * name to take sentences, as g_set_error() is.
 */
#pragma once

/* A sentence, or a clause that stands for itself behind ": ". */
#define N_(sentence) sentence
