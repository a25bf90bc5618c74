package browsertest

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"
)

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// Peak returns the most memory in bytes that a process of the kind has used since it started, as Linux counts it. If there are
// several, it returns the largest figure. The kinds are Chromium's: "renderer" runs a page and its workers, "browser" stores their
// blobs. On other systems than Linux the test is skipped.
func Peak(t testing.TB, ctx context.Context, kind string) uint64 {
	t.Helper()
	out, err := chromedp.CallBrowser(ctx, systeminfo.GetProcessInfo, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	peak := uint64(0)
	for _, process := range out.ProcessInfo {
		if process.Type != kind {
			continue
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process.ID))
		if os.IsNotExist(err) {
			t.Skip("this system does not tell how much memory a process held: the browser's was not measured")
		}
		if found := highWater.FindSubmatch(status); found != nil {
			kilobytes, _ := strconv.ParseUint(string(found[1]), 10, 64)
			peak = max(peak, kilobytes<<10)
		}
	}
	if peak == 0 {
		t.Fatalf("there is no process of kind %s with memory", kind)
	}
	return peak
}
