// Package story runs the main job from end to end on the binary that `make run` starts. The tests build it, start it on a free port
// with a fresh data folder, and use it over HTTP and in a real browser, as its callers do.
package story
