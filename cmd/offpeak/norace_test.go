//go:build !race

package main

// underRace says that the race detector is on, under which the demo's quarter takes minutes.
const underRace = false
