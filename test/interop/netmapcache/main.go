// Command coldsnap-interop drives the real Tailscale network map cache, so that
// the tests of coldsnap can compare what both make of the same bytes.
//
//	load         <dir>                   print what Cache.Load returns
//	rewrite      <dir> <empty dir>       load the one, Cache.Store into the other
//	store        <dir> <netmap.json>     Cache.Store
//	update-self  <dir> <netmap.json>     Cache.Load, then Cache.UpdateSelfOnly
//	update-peers <dir> <update.json>     Cache.Load, then Cache.UpdatePeers
//	schema                               print the persisted types, by reflection
//	bench-load, bench-store              as in bench.go
//
// A netmap file has the form that load prints. An update file is
// {"update": [node...], "remove": ["stable ID"...]}.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"tailscale.com/ipn/ipnlocal/netmapcache"
	"tailscale.com/tailcfg"
	"tailscale.com/tka"
	"tailscale.com/types/key"
	"tailscale.com/types/netmap"
	"tailscale.com/types/views"
)

// state has every persisted field of a network map under its Go name.
type state struct {
	AllCaps           []tailcfg.NodeCapability
	Cached            bool
	CollectServices   bool
	DERPMap           *tailcfg.DERPMap
	DNS               tailcfg.DNSConfig
	DisplayMessages   map[tailcfg.DisplayMessageID]tailcfg.DisplayMessage
	Domain            string
	DomainAuditLogID  string
	MachineKey        key.MachinePublic
	NodeKey           key.NodePublic
	PacketFilterRules views.Slice[tailcfg.FilterRule]
	Peers             []tailcfg.NodeView
	SSHPolicy         *tailcfg.SSHPolicy
	SelfNode          tailcfg.NodeView
	TKAEnabled        bool
	TKAHead           tka.AUMHash
	UserProfiles      map[tailcfg.UserID]tailcfg.UserProfileView
}

func fromNetmap(nm *netmap.NetworkMap) state {
	s := state{
		AllCaps:           []tailcfg.NodeCapability{},
		Cached:            nm.Cached,
		CollectServices:   nm.CollectServices,
		DERPMap:           nm.DERPMap,
		DNS:               nm.DNS,
		DisplayMessages:   nm.DisplayMessages,
		Domain:            nm.Domain,
		DomainAuditLogID:  nm.DomainAuditLogID,
		MachineKey:        nm.MachineKey,
		NodeKey:           nm.NodeKey,
		PacketFilterRules: nm.PacketFilterRules,
		Peers:             nm.Peers,
		SSHPolicy:         nm.SSHPolicy,
		SelfNode:          nm.SelfNode,
		TKAEnabled:        nm.TKAEnabled,
		TKAHead:           nm.TKAHead,
		UserProfiles:      nm.UserProfiles,
	}
	for c := range nm.AllCaps {
		s.AllCaps = append(s.AllCaps, c)
	}
	slices.Sort(s.AllCaps)
	return s
}

// netmap returns the state as fresh: Cached is false, so that it will be stored.
func (s state) netmap() *netmap.NetworkMap {
	return &netmap.NetworkMap{
		CollectServices:   s.CollectServices,
		DERPMap:           s.DERPMap,
		DNS:               s.DNS,
		DisplayMessages:   s.DisplayMessages,
		Domain:            s.Domain,
		DomainAuditLogID:  s.DomainAuditLogID,
		MachineKey:        s.MachineKey,
		NodeKey:           s.NodeKey,
		PacketFilterRules: s.PacketFilterRules,
		Peers:             s.Peers,
		SSHPolicy:         s.SSHPolicy,
		SelfNode:          s.SelfNode,
		TKAEnabled:        s.TKAEnabled,
		TKAHead:           s.TKAHead,
		UserProfiles:      s.UserProfiles,
	}
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// commands has those of other files, under their names.
var commands = map[string]func(ctx context.Context, args []string) error{}

func run(ctx context.Context, args []string) error {
	if len(args) > 1 && commands[args[0]] != nil {
		return commands[args[0]](ctx, args[1:])
	}
	if len(args) == 1 && args[0] == "schema" {
		return print(schema())
	}
	if len(args) < 2 {
		return fmt.Errorf("usage: load|rewrite|store|update-self|update-peers <dir> [<file or dir>], or schema")
	}
	command, cache := args[0], netmapcache.NewCache(netmapcache.FileStore(args[1]))
	if command == "load" {
		nm, err := cache.Load(ctx)
		if err != nil {
			return err
		}
		return print(fromNetmap(nm))
	}
	if len(args) != 3 {
		return fmt.Errorf("%s needs two arguments", command)
	}
	switch command {
	case "rewrite":
		nm, err := cache.Load(ctx)
		if err != nil {
			return err
		}
		nm.Cached = false
		return netmapcache.NewCache(netmapcache.FileStore(args[2])).Store(ctx, nm)
	case "store":
		s, err := read[state](args[2])
		if err != nil {
			return err
		}
		return cache.Store(ctx, s.netmap())
	case "update-self":
		s, err := read[state](args[2])
		if err != nil {
			return err
		}
		if _, err := cache.Load(ctx); err != nil {
			return err
		}
		return cache.UpdateSelfOnly(ctx, s.netmap())
	case "update-peers":
		u, err := read[struct {
			Update []tailcfg.NodeView     `json:"update"`
			Remove []tailcfg.StableNodeID `json:"remove"`
		}](args[2])
		if err != nil {
			return err
		}
		if _, err := cache.Load(ctx); err != nil {
			return err
		}
		return cache.UpdatePeers(ctx, u.Update, u.Remove)
	}
	return fmt.Errorf("unknown command %q", command)
}

func read[T any](path string) (value T, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return value, err
	}
	return value, json.Unmarshal(data, &value)
}

func print(value any) error {
	return json.NewEncoder(os.Stdout).Encode(value)
}
