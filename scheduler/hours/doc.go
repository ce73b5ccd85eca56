// Package hours reads the hours that owners write in tags and in the policy, and draws them on the wall clock.
//
// Parse reads windows (open: running inside, stopped outside), ParseTimes reads single times (start and stop: edges that say
// nothing between midnight and the first of a date). Errors propose what to write instead; nothing is guessed. The package knows
// no calendars, no instants and no resources.
//
// # Grammar
//
// Kinds of tokens alone decide how a text is read; spaces and capitals never do. A comma and + mean the same. What is canonical
// uses +, which the tags of every AWS service take.
//
//	hours     = rule { ["," | "+" | ";"] rule } [zone]        mon-fri 09:00-18:00 sat 10:00-14:00 Asia/Seoul
//	rule      = days range { "+" range }                      mon-fri 09:00-12:00+13:00-18:00
//	          | days time "-" days time                       fri 18:00 - mon 08:00
//	times     = edge { ["," | "+" | ";"] edge } [zone]        mon-fri 21:00 sat 18:00 Asia/Seoul
//	edge      = days time { "+" time }                        last fri 18:00+22:00
//
//	range     = time "-" time                                 09:00-18:00
//	            to midnight                                   18:00-24:00
//	            an end before its begin is on the next day    22:00-06:00
//	time      = 00:00 to 23:59, as an end also 24:00          09:00 or 9:00
//
//	days      = condition { condition } ["in" months]         fri day 13 in jan-jun
//	            conditions of different kinds, all hold       mon-fri 2026-12-01..2026-12-31
//	condition = "daily"                                       daily
//	          | weekdays { "+" weekdays }                     mon+wed+fri
//	          | monthdays { "+" monthdays }                   day 1+last day
//	          | dates { "+" dates }                           2026-12-24+2026-12-31
//	weekdays  = weekday                                       sat, Saturday, 토 or 토요일
//	          | weekday "-" weekday, also past Sunday         fri-mon
//	          | ordinal { "+" ordinal } weekday               2nd tue, 1st+3rd mon
//	          | ordinal ".." ordinal weekday                  1st..3rd tue
//	          | "last" weekday                                last fri
//	monthdays = "day" number or range { "+" number or range } day 1-5+15
//	          | "last" "day"                                  last day
//	          | "workday" "nearest" number { "+" number }     workday nearest 15
//	dates     = date                                          2026-12-24
//	          | date ".." date, both included                 2026-12-24..2026-12-26
//	months    = month or range, also past December, joined    daily in nov-feb+jun
//
//	zone      = a name of the IANA database, once, at the end Asia/Seoul
//	"-"       = also ~ and long dashes                        월~금 09:00–18:00
//	".."      = also ~ between two dates                      2026-12-24~2026-12-26
//	"daily"   = also 매일                                     매일 09:00-18:00
//
// A rule opens on each of its dates. After a range, + and a time is another range of the same days, + and a day another rule. A span
// ends on the first date of its second days on which its end comes after its opening; there must be one within 366 days. day 31
// skips shorter months, workday nearest 31 takes their last day.
package hours
