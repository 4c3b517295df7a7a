"""The bridge that anyone writes first: slixmpp on one side, paho on the other. Bodies both ways, presence to MQTT, the
values of one topic to whoever asked for it, and nothing else: no ledger, no outbox, no roster, no translation, no
receipts. What ferryd is compared with."""
import argparse
import asyncio
import json

import paho.mqtt.client as mqtt
import slixmpp


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--xmpp', type=int, required=True, help='port of the component listener')
    parser.add_argument('--domain', required=True)
    parser.add_argument('--secret', required=True)
    parser.add_argument('--mqtt', type=int, required=True)
    parser.add_argument('--username', required=True)
    parser.add_argument('--password', required=True)
    parser.add_argument('--root', default='im/v1')
    parser.add_argument('--feed', default='', help='a topic whose values go to whoever subscribes to anybody here')
    return parser.parse_args()


class Bridge(slixmpp.ComponentXMPP):
    def __init__(self, options):
        super().__init__(options.domain, options.secret, '127.0.0.1', options.xmpp)
        self.root, self.feed, self.followers = options.root, options.feed, {}
        self.client = mqtt.Client('naive-bridge')
        self.client.username_pw_set(options.username, options.password)
        self.client.max_inflight_messages_set(1000)
        self.client.on_connect = self.on_broker
        self.client.on_message = self.on_publish
        self.waiting = 2
        self.here = self.loop  # slixmpp looks for it when first asked: not from paho's thread
        self.add_event_handler('session_start', self.on_component)
        self.add_event_handler('message', self.on_stanza)
        for kind in ('presence_available', 'presence_unavailable'):
            self.add_event_handler(kind, self.on_presence)
        self.add_event_handler('presence_subscribe', self.on_follower)
        self.client.connect('127.0.0.1', options.mqtt)
        self.client.loop_start()

    def one_link_up(self):
        self.waiting -= 1
        if self.waiting == 0:
            print('ready', flush=True)

    def on_component(self, _):
        self.one_link_up()

    def on_broker(self, client, *_):
        client.subscribe(self.root + '/u/+/out/msg', qos=1)
        if self.feed:
            client.subscribe(self.feed, qos=1)
        self.here.call_soon_threadsafe(self.one_link_up)

    def on_stanza(self, stanza):
        payload = json.dumps({'from': str(stanza['from']), 'body': stanza['body']})
        self.client.publish('%s/u/%s/in/msg' % (self.root, stanza['to'].bare), payload, qos=1)

    def on_presence(self, stanza):
        payload = json.dumps({'state': stanza['type'], 'status': stanza['status']})
        topic = '%s/u/%s/in/contact/%s/presence' % (self.root, stanza['to'].bare, stanza['from'].bare)
        self.client.publish(topic, payload, qos=1, retain=True)

    def on_follower(self, stanza):
        self.followers[stanza['from'].bare] = stanza['to'].bare
        self.send_presence(pto=stanza['from'].bare, pfrom=stanza['to'].bare, ptype='subscribed')

    def on_publish(self, client, userdata, publish):
        if publish.topic == self.feed:
            self.here.call_soon_threadsafe(self.tell, publish.payload.decode())
            return
        user = publish.topic.split('/')[-3]
        message = json.loads(publish.payload)
        self.here.call_soon_threadsafe(self.forward, user, message)

    def forward(self, user, message):
        self.send_message(mto=message['to'], mbody=message['body'], mtype='chat', mfrom=user)

    def tell(self, value):
        for follower, feed in self.followers.items():
            self.send_message(mto=follower, mbody=value, mtype='chat', mfrom=feed)


if __name__ == '__main__':
    bridge = Bridge(arguments())
    bridge.connect()
    asyncio.get_event_loop().run_forever()
