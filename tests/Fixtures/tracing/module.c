// Functions of samples/gtpsim.
struct sk_buff; struct sock; struct net_device;
struct gtpsim_pkt { int type; };
#define USE __attribute__((noinline, used))
USE int gtpsim_encap_recv(struct sock *sk, struct sk_buff *skb) { return 0; }
USE int gtpsim_dev_xmit(struct sk_buff *skb, struct net_device *dev) { return 0; }
USE int gtpsim_parse(struct sk_buff *skb, struct gtpsim_pkt *pkt) { return 0; }
