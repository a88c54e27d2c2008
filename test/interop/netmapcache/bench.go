//go:build !windows

package main

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"tailscale.com/ipn/ipnlocal/netmapcache"
	"tailscale.com/types/netmap"
)

// The benchmark of coldsnap runs these two. They print their figures, in
// milliseconds and bytes, under the names of test/bench/goals.ts:
//
//	bench-load  <dir>                       Cache.Load
//	bench-store <dir> <netmap.json> [once]  Cache.Store: the first, the same again, one peer changed each time
func init() {
	commands["bench-load"] = benchLoad
	commands["bench-store"] = benchStore
}

const repetitions = 3

func benchLoad(ctx context.Context, args []string) error {
	watch := startWatch()
	nm, err := netmapcache.NewCache(netmapcache.FileStore(args[0])).Load(ctx)
	if err != nil {
		return err
	}
	ms, cpuMs, peak := watch.stop()
	runtime.KeepAlive(nm)
	return print(map[string]float64{"load": ms, "loadCpu": cpuMs, "loadPeak": peak, "peers": float64(len(nm.Peers))})
}

func benchStore(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("bench-store needs a directory and a file")
	}
	s, err := read[state](args[1])
	if err != nil {
		return err
	}
	nm := s.netmap()
	runtime.GC()
	cache := netmapcache.NewCache(netmapcache.FileStore(args[0]))
	watch := startWatch()
	if err := cache.Store(ctx, nm); err != nil {
		return err
	}
	ms, cpuMs, peak := watch.stop()
	figures := map[string]float64{"cold": ms, "coldCpu": cpuMs, "coldPeak": peak}
	if len(args) > 2 && args[2] == "once" {
		return print(figures)
	}
	if figures["unchanged"], err = repeat(ctx, cache, nm, func(int) {}); err != nil {
		return err
	}
	if figures["changed"], err = repeat(ctx, cache, nm, func(i int) { changePeer(nm, i) }); err != nil {
		return err
	}
	figures["steady"] = figures["changed"]
	return print(figures)
}

// repeat returns the median time of a store; change is not in it.
func repeat(ctx context.Context, cache *netmapcache.Cache, nm *netmap.NetworkMap, change func(int)) (float64, error) {
	var times []float64
	for i := range repetitions {
		change(i)
		start := time.Now()
		if err := cache.Store(ctx, nm); err != nil {
			return 0, err
		}
		times = append(times, toMs(time.Since(start)))
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// changePeer changes what changePeers of test/helpers/netmap-state.ts does.
func changePeer(nm *netmap.NetworkMap, round int) {
	i := rand.New(rand.NewSource(int64(round))).Intn(len(nm.Peers))
	peer := nm.Peers[i].AsStruct()
	online := !nm.Peers[i].Online().Get()
	peer.Online = &online
	peer.HomeDERP = peer.HomeDERP%25 + 1
	peer.LegacyDERPString = fmt.Sprintf("127.3.3.40:%d", peer.HomeDERP)
	slices.Reverse(peer.Endpoints)
	nm.Peers[i] = peer.View()
}

type watch struct {
	start    time.Time
	cpu      time.Duration
	resident float64
}

func startWatch() watch {
	// Linux can forget the peak so far.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	return watch{resident: status("VmRSS"), cpu: cpuTime(), start: time.Now()}
}

func (w watch) stop() (ms, cpuMs, peak float64) {
	ms = toMs(time.Since(w.start))
	return ms, toMs(cpuTime() - w.cpu), status("VmHWM") - w.resident
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// status returns a figure of the kernel in bytes; 0 where it tells none.
func status(name string) float64 {
	data, _ := os.ReadFile("/proc/self/status")
	found := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+) kB$`).FindSubmatch(data)
	if found == nil {
		return 0
	}
	kb, _ := strconv.ParseFloat(string(found[1]), 64)
	return kb * 1024
}

func toMs(d time.Duration) float64 {
	return float64(d.Nanoseconds()) / 1e6
}
