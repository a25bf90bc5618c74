// Package story tells the main job, end to end, to the binary that `make run` starts: the tests build it, start it on a
// free port with a data folder of its own, and drive it over HTTP and in a real browser, as its callers do.
package story
