import type { FakeBybitVenue } from './fake-bybit-venue.js';

/** An order as the fake venue has it. */
export interface VenueOrder {
  readonly symbol: string;
  readonly orderStatus: string;
  readonly price: string;
  readonly foreign: boolean;
  readonly createdTime: string;
  readonly cumExecQty: string;
}

/** Every order that the venue ever took from the account. */
export async function ordersAt(venue: FakeBybitVenue): Promise<VenueOrder[]> {
  const { orders } = await venue.run<{ orders: VenueOrder[] }>('truth');
  return orders.filter(({ foreign }) => !foreign);
}

/** Those that are open. */
export async function openOrdersAt(venue: FakeBybitVenue): Promise<VenueOrder[]> {
  const orders = await ordersAt(venue);
  return orders.filter(({ orderStatus }) => ['New', 'PartiallyFilled'].includes(orderStatus));
}
