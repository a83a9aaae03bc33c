#!/usr/bin/perl
# read.pl - reads messages with MIME-tools and Email::MIME: a JSON line for each reader and message
#
#     perl read.pl FILE...
#
# {"file": ..., "reader": ..., "type": ..., "text": ...}; "type" names every part that was found, joined by "+".

use strict;
use warnings;
use Encode ();
use Email::MIME ();
use JSON::PP ();
use MIME::Parser ();

sub say_found {
    my ($file, $reader, $types, $octets) = @_;
    my $text = defined $octets ? Encode::decode('UTF-8', $octets, Encode::FB_CROAK) : undef;
    print JSON::PP->new->ascii->canonical->encode(
        {file => $file, reader => $reader, type => join('+', @$types), text => $text}), "\n";
}

sub leaves {
    my ($entity) = @_;
    return $entity->parts ? map { leaves($_) } $entity->parts : $entity;
}

foreach my $file (@ARGV) {
    my $parser = MIME::Parser->new;
    $parser->output_to_core(1);
    $parser->tmp_to_core(1);
    my @leaves = leaves($parser->parse_open($file));
    say_found($file, 'MIME-tools', [map { $_->effective_type } @leaves], $leaves[0]->bodyhandle->as_string);

    open my $in, '<:raw', $file or die "$file: $!";
    my $mail = Email::MIME->new(do { local $/; <$in> });
    close $in or die "$file: $!";
    my @found;
    $mail->walk_parts(sub { push @found, $_[0] unless $_[0]->subparts });
    say_found($file, 'Email::MIME', [map { (split /;/, $_->content_type)[0] } @found], $found[0]->body);
}
